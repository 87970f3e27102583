import NIOCore
import Testing
import Wire

struct RTPPacketTests {
    @Test func `A plain packet is read`() throws {
        let packet = try RTPPacket(ByteBuffer(hex: "80e01234 00000064 deadbeef 0102"))
        #expect(packet.marker)
        #expect(packet.payloadType == 96)
        #expect(packet.sequence == 0x1234)
        #expect(packet.timestamp == 100)
        #expect(packet.source == 0xdead_beef)
        #expect(packet.payload == ByteBuffer(hex: "0102"))
        #expect(packet.bytes == ByteBuffer(hex: "80e01234 00000064 deadbeef 0102"))
    }

    @Test func `Contributing sources, an extension and padding are passed over`() throws {
        let packet = try RTPPacket(
            ByteBuffer(hex: "b2600001 00000000 00000001 aaaaaaaa bbbbbbbb bede0001 10203040 09 000003")
        )
        #expect(!packet.marker)
        #expect(packet.payload == ByteBuffer(hex: "09"))
    }

    @Test(arguments: [
        "", "80", "80600001 00000000 000000", "00600001 00000000 00000001", "c0600001 00000000 00000001",
        // Fifteen contributing sources that are not there.
        "8f600001 00000000 00000001 00",
        // An extension longer than the packet, and one that has no length.
        "90600001 00000000 00000001 bedeffff 00", "90600001 00000000 00000001 be",
        // Padding of nothing, and of more than there is.
        "a0600001 00000000 00000001 0000", "a0600001 00000000 00000001 0003", "a0600001 00000000 00000001",
    ])
    func `Bogus lengths are errors`(hex: String) {
        #expect(throws: RTPError.self) { try RTPPacket(ByteBuffer(hex: hex)) }
    }

    @Test func `Padding may take the whole payload`() throws {
        #expect(try RTPPacket(ByteBuffer(hex: "a0600001 00000000 00000001 0002")).payload.readableBytes == 0)
    }

    @Test func `Control on a shared port is told apart`() {
        #expect(RTPPacket.isControl(ByteBuffer(hex: "80c80006")))
        #expect(!RTPPacket.isControl(ByteBuffer(hex: "80e00006")))
        #expect(!RTPPacket.isControl(ByteBuffer(hex: "80")))
    }
}

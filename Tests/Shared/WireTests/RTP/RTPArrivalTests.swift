import Media
import NIOCore
import Testing
import Wire

/// What of an access unit has come before its end.
struct RTPArrivalTests {
    private static let described = "packetization-mode=1;sprop-parameter-sets=Z0LADNoFB+hAAAADAEAAAAyjxQqo,aM4PyA=="

    private static func receiver(_ onLoss: RTPReceiverConfiguration.OnLoss = .hold) throws -> TestReceiver {
        try TestReceiver(encoding: "H264/90000", parameters: Self.described, onLoss: onLoss)
    }

    /// An IDR picture in that many fragments (RFC 6184 section 5.8); nothing comes of it before the last.
    private static func fragments(_ count: Int, from test: inout TestReceiver, at time: UInt32) -> [RTPPacket] {
        (0..<count).map { number in
            let header = number == 0 ? "85" : number == count - 1 ? "45" : "05"
            return test.sender.packet("7c \(header) 8801020304", at: time, marker: number == count - 1)
        }
    }

    @Test func `A picture arrives with every packet but its last`() throws {
        var test = try Self.receiver()
        for packet in Self.fragments(50, from: &test, at: 0) {
            test.take(packet)
            let arrival = test.receiver.arrival.take()
            #expect(arrival.picture == !packet.marker && !arrival.sound && !arrival.unused)
        }
        #expect(test.packets.count == 1)
    }

    @Test func `Reports, repeated packets, padding and unknown formats are no part of it`() throws {
        var test = try Self.receiver()
        let fragments = Self.fragments(3, from: &test, at: 0)
        test.take(fragments[0])
        #expect(test.receiver.arrival.take().picture)
        test.take(fragments[0])
        #expect(test.receiver.arrival.take().isEmpty, "a duplicate")
        // A sender report on the port of the packets, as RFC 5761 has it, and on its own.
        var report = ByteBuffer()
        report.writeMultipleIntegers(0x80 as UInt8, 200 as UInt8, 6 as UInt16, 0x1234_5678 as UInt32)
        report.writeMultipleIntegers(0xe000_0000 as UInt32, 0 as UInt32, 0 as UInt32, 1 as UInt32, 1 as UInt32)
        #expect(test.receiver.receiveRTP(report, media: 0, now: test.now).isEmpty)
        #expect(test.receiver.receiveRTCP(report, media: 0, now: test.now, wall: 1).isEmpty)
        #expect(test.receiver.arrival.take().isEmpty, "a report")
        test.take(fragments[1])
        #expect(test.receiver.arrival.take().picture)
        test.take(test.sender.packet(ByteBuffer(), at: 0))
        #expect(test.receiver.arrival.take().isEmpty, "a packet without payload")
        test.sender.payloadType = 13
        test.take(test.sender.packet("00", at: 0))
        #expect(test.receiver.arrival.take().isEmpty, "comfort noise")
    }

    @Test func `Pictures that are held back have come, and are no part of one`() throws {
        var test = try Self.receiver()
        test.send("6588 01", at: 0, marker: true)
        #expect(test.receiver.arrival.take().isEmpty)
        test.lose()
        test.send("419a 01", at: 7200, marker: true)
        test.wait()
        test.send("419a 02", at: 10_800, marker: true)
        #expect(test.packets.count == 1)
        let arrival = test.receiver.arrival.take()
        #expect(arrival.unused && !arrival.picture)
    }
}

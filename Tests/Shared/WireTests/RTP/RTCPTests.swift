import NIOCore
import Testing
import Wire

struct RTCPTests {
    private static let block = RTCPReportBlock(
        source: 7,
        fractionLost: 25,
        lost: -3,
        highestSequence: 0x0001_0005,
        jitter: 90,
        lastReport: 0x1234_5678,
        delay: 65_536
    )

    private static let packets: [RTCPPacket] = [
        .senderReport(
            RTCPSenderReport(
                source: 7,
                time: NTPTime(0xE000_0000_8000_0000),
                timestamp: 1234,
                packets: 10,
                bytes: 1000,
                blocks: [block]
            )
        ),
        .receiverReport(source: 9, [block, block]),
        .sourceDescription([
            RTCPSourceName(source: 7, canonicalName: "a"), RTCPSourceName(source: 8, canonicalName: "abcdef"),
        ]),
        .goodbye([7, 8]),
    ]

    @Test func `What is written reads as the same`() {
        var bytes = ByteBuffer()
        for packet in Self.packets { packet.write(into: &bytes) }
        #expect(bytes.readableBytes % 4 == 0)
        let (packets, isWellFormed) = RTCPPacket.read(bytes)
        #expect(isWellFormed)
        #expect(packets == Self.packets)
    }

    /// RFC 3550 sections 6.4.1 and 6.5 by hand.
    @Test func `A sender report with a description is read`() {
        let bytes = ByteBuffer(
            hex: """
                80c80006 00000007 e0000000 80000000 000004d2 0000000a 000003e8 \
                81ca0003 00000007 01036162 63000000
                """
        )
        let (packets, isWellFormed) = RTCPPacket.read(bytes)
        #expect(isWellFormed)
        #expect(packets.count == 2)
        guard case .senderReport(let report) = packets[0] else {
            Issue.record("no sender report")
            return
        }
        #expect(report.timestamp == 1234)
        #expect(packets[1] == .sourceDescription([RTCPSourceName(source: 7, canonicalName: "abc")]))
    }

    @Test func `Feedback, applications and what is unknown are passed over, reduced compounds too`() {
        let bytes = ByteBuffer(hex: "81cd0003 00000001 00000002 00010000 80cc0002 00000001 61626364 80ff0000")
        let (packets, isWellFormed) = RTCPPacket.read(bytes)
        #expect(isWellFormed)
        #expect(packets == [.other(205), .other(204), .other(255)])
    }

    @Test(arguments: [
        "", "80", "80c80006", "80c80000", "81c80006 00000007 e0000000 80000000 000004d2 0000000a 000003e8",
        "00c90001 00000001", "80c9ffff 00000001", "82cb0001 00000001", "a0c90001 00000009",
    ])
    func `Garbage ends a compound`(hex: String) {
        let (packets, isWellFormed) = RTCPPacket.read(ByteBuffer(hex: hex))
        #expect(!isWellFormed)
        #expect(packets.isEmpty)
    }

    @Test func `What stands before garbage counts`() {
        let (packets, isWellFormed) = RTCPPacket.read(ByteBuffer(hex: "80c90001 00000001 ffff"))
        #expect(!isWellFormed)
        #expect(packets == [.receiverReport(source: 1, [])])
    }

    @Test func `A datagram of empty packets is not read to its end`() {
        var bytes = ByteBuffer()
        for _ in 0..<1000 { RTCPPacket.other(204).write(into: &bytes) }
        let (packets, isWellFormed) = RTCPPacket.read(bytes)
        #expect(!isWellFormed)
        #expect(packets.count == 64)
    }

    @Test(arguments: [0, 1, 999_999, 1_800_000_000_123_456, 2_085_978_496_000_000, 2_085_978_495_999_999, -1])
    func `Times go there and back`(microseconds: Int64) {
        #expect(NTPTime(microseconds: microseconds).microseconds == microseconds)
    }

    @Test func `Times are counted from 1900, and anew from 2036`() {
        #expect(NTPTime(2_208_988_800 << 32).microseconds == 0)
        #expect(NTPTime(0).microseconds == 2_085_978_496_000_000)
        #expect(!NTPTime(0).isKnown)
        #expect(NTPTime(0x0123_4567_89AB_CDEF).compact == 0x4567_89AB)
    }
}

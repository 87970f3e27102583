import NIOCore
import Testing
import Wire

/// Receiver reports: RFC 3550 section 6.4.
struct RTPReportTests {
    private var test: TestReceiver

    init() throws {
        self.test = try TestReceiver("m=audio 0 RTP/AVP 0")
        self.test.sender.payloadType = 0
        self.test.sender.sequence = 100
    }

    private mutating func nextBlock() throws -> RTCPReportBlock? {
        var reports: [RTPReport] = []
        while reports.isEmpty {
            self.test.now = max(self.test.now, try #require(self.test.receiver.deadline))
            _ = self.test.receiver.tick(now: self.test.now)
            reports = self.test.receiver.reports(now: self.test.now, wall: 0)
        }
        let report = reports[0]
        #expect(report.media == 0)
        let (packets, isWellFormed) = RTCPPacket.read(report.bytes)
        #expect(isWellFormed)
        #expect(packets.count == 2)
        #expect(packets.last == .sourceDescription([RTCPSourceName(source: 1, canonicalName: "test")]))
        guard case .receiverReport(source: 1, let blocks) = packets.first else { return nil }
        return blocks.first
    }

    @Test mutating func `A report says what was received`() throws {
        #expect(self.test.receiver.deadline == nil)
        for index in 0..<10 { self.test.send("00", at: UInt32(index) * 160) }
        let block = try #require(try self.nextBlock())
        #expect(block.source == self.test.sender.source)
        #expect(block.highestSequence == 109)
        #expect(block.lost == 0)
        #expect(block.fractionLost == 0)
        #expect(block.lastReport == 0)
        #expect(block.delay == 0)
        #expect(self.test.receiver.reports(now: self.test.now, wall: 0).isEmpty)
    }

    @Test mutating func `Losses are counted since the beginning, and their share since the last report`() throws {
        for index in 0..<8 where index != 3 && index != 4 {
            self.test.sender.sequence = 100 + UInt16(index)
            self.test.send("00", at: UInt32(index) * 160)
        }
        var block = try #require(try self.nextBlock())
        #expect(block.lost == 2)
        #expect(block.fractionLost == 64)
        for index in 8..<12 { self.test.send("00", at: UInt32(index) * 160) }
        block = try #require(try self.nextBlock())
        #expect(block.lost == 2)
        #expect(block.fractionLost == 0)
        #expect(block.highestSequence == 111)
    }

    @Test mutating func `The numbers' wraps are counted`() throws {
        self.test.sender.sequence = 65_534
        for index in 0..<4 { self.test.send("00", at: UInt32(index) * 160) }
        #expect(try self.nextBlock()?.highestSequence == 0x0001_0001)
    }

    @Test mutating func `The last sender report and its age come back`() throws {
        self.test.send("00", at: 0)
        var report = ByteBuffer()
        RTCPPacket.senderReport(
            RTCPSenderReport(
                source: self.test.sender.source,
                time: NTPTime(0xE123_4567_89AB_CDEF),
                timestamp: 0,
                packets: 1,
                bytes: 1
            )
        ).write(into: &report)
        let deadline = try #require(self.test.receiver.deadline)
        _ = self.test.receiver.receiveRTCP(report, media: 0, now: deadline - 250_000, wall: 0)
        let block = try #require(try self.nextBlock())
        #expect(block.lastReport == 0x4567_89AB)
        #expect(block.delay == 65_536 / 4)
    }

    @Test mutating func `Jitter is as the standard's algorithm has it`() throws {
        // Every other packet comes 10 ms late: the difference is 80 ticks each time.
        let start = self.test.now
        for index in 0..<200 {
            self.test.now = start + Int64(index) * 20_000 + (index % 2 == 0 ? 0 : 10_000)
            self.test.send("00", at: UInt32(index) * 160)
        }
        let jitter = try #require(try self.nextBlock()).jitter
        #expect((78...80).contains(jitter))
        #expect(abs(self.test.statistics.jitter - 10_000) < 300)
    }

    @Test mutating func `Reports come every few seconds, and not all in step`() throws {
        self.test.send("00", at: 0)
        var times: [Int64] = []
        for _ in 0..<50 {
            _ = try self.nextBlock()
            times.append(self.test.now)
        }
        let steps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(steps.allSatisfy { (1_000_000...3_000_000).contains($0) })
        #expect(Set(steps).count > 40)
    }
}

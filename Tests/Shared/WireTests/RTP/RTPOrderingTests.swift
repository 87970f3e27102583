import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// Order, loss, duplicates and changes of source, on sound whose packets are its access units.
struct RTPOrderingTests {
    private static let sdp = "m=audio 0 RTP/AVP 0"

    private var test: TestReceiver

    init() throws {
        self.test = try TestReceiver(Self.sdp)
        self.test.sender.payloadType = 0
    }

    private mutating func packets(_ count: Int, from first: Int = 0) -> [RTPPacket] {
        (first..<first + count).map { index in
            self.test.sender.packet(
                ByteBuffer(integer: UInt16(truncatingIfNeeded: index)),
                at: UInt32(truncatingIfNeeded: index) &* 160
            )
        }
    }

    private var order: [Int] { self.test.payloads.map { Int($0.getInteger(at: $0.readerIndex, as: UInt16.self) ?? 0) } }

    @Test mutating func `In order nothing waits, over the end of the numbers too`() {
        for packet in self.packets(20) {
            let before = self.test.packets.count
            self.test.take(packet)
            #expect(self.test.packets.count == before + 1)
        }
        #expect(self.order == Array(0..<20))
        #expect(self.test.receiver.deadline.map { $0 > self.test.now + 100_000 } == true)
        #expect(self.test.statistics.packets == 20)
        #expect(self.test.statistics.lost == 0)
    }

    @Test mutating func `Swapped packets are put in order`() {
        var packets = self.packets(10)
        packets.swapAt(3, 5)
        for packet in packets { self.test.take(packet) }
        #expect(self.order == Array(0..<10))
        #expect(self.test.statistics.reordered == 2)
        #expect(self.test.statistics.lost == 0)
        #expect(self.test.statistics.late == 0)
    }

    @Test mutating func `Duplicates are dropped, delivered or waiting`() {
        var packets = self.packets(6)
        packets += [packets[5], packets[0]]
        packets.remove(at: 2)
        packets.insert(packets[2], at: 4)
        for packet in packets { self.test.take(packet) }
        self.test.wait()
        #expect(self.order == [0, 1, 3, 4, 5])
        #expect(self.test.statistics.duplicates == 3)
        #expect(self.test.statistics.lost == 1)
    }

    @Test mutating func `A gap is given up after a while, and not before`() throws {
        var packets = self.packets(4)
        let missing = packets.remove(at: 1)
        for packet in packets { self.test.take(packet) }
        #expect(self.order == [0])
        let deadline = try #require(self.test.receiver.deadline)
        #expect(deadline == self.test.now + 100_000)
        self.test.events += self.test.receiver.tick(now: deadline - 1)
        #expect(self.order == [0])
        self.test.events += self.test.receiver.tick(now: deadline)
        #expect(self.order == [0, 2, 3])
        #expect(self.test.statistics.lost == 1)
        self.test.take(missing)
        #expect(self.order == [0, 2, 3])
        #expect(self.test.statistics.late == 1)
    }

    @Test mutating func `A gap is given up when too many wait`() {
        var packets = self.packets(70)
        packets.remove(at: 2)
        for packet in packets.prefix(66) { self.test.take(packet) }
        #expect(self.order == [0, 1])
        for packet in packets.dropFirst(66) { self.test.take(packet) }
        #expect(self.order == [0, 1] + Array(3..<70))
        #expect(self.test.statistics.lost == 1)
    }

    @Test mutating func `Numbers that begin anew are followed, without a packet lost`() {
        for packet in self.packets(5) { self.test.take(packet) }
        self.test.sender.sequence = 20_000
        for packet in self.packets(5, from: 100) { self.test.take(packet) }
        #expect(self.order == Array(0..<5) + Array(100..<105))
        #expect(self.test.statistics.restarts == 1)
        #expect(self.test.statistics.lost == 0)
    }

    @Test mutating func `A stray number is no new beginning`() {
        let packets = self.packets(10)
        var stray = packets[0]
        stray.sequence = 30_000
        for (index, packet) in packets.enumerated() {
            if index == 5 { self.test.take(stray) }
            self.test.take(packet)
        }
        #expect(self.order == Array(0..<10))
        #expect(self.test.statistics.restarts == 0)
    }

    @Test mutating func `After a long cut the packets that were missed are counted`() {
        for packet in self.packets(50) {
            self.test.take(packet)
            self.test.now += 20_000
        }
        _ = self.packets(5000)
        self.test.now += 100_000_000
        for packet in self.packets(50, from: 5050) {
            self.test.take(packet)
            self.test.now += 20_000
        }
        #expect(self.test.statistics.lost == 5000)
        #expect(self.order.count == 100)
        let step = self.test.packets[50].timestamp - self.test.packets[49].timestamp
        #expect(step == 5001 * 20_000)
    }

    @Test mutating func `Another source takes over when the first is silent, with all its packets`() {
        for packet in self.packets(10) {
            self.test.take(packet)
            self.test.now += 20_000
        }
        self.test.sender.source = 99
        self.test.sender.sequence = 1000
        for packet in self.packets(40, from: 500_000) {
            self.test.take(packet)
            self.test.now += 20_000
        }
        #expect(self.test.statistics.sourceChanges == 1)
        #expect(self.test.packets.count == 50)
        #expect(self.test.statistics.lost == 0)
        let times = self.test.packets.map(\.timestamp)
        #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 20_000) < 2000 })
    }

    @Test mutating func `A flood of other sources changes nothing`() {
        var random = SeededGenerator(seed: 3)
        for packet in self.packets(100) {
            self.test.take(packet)
            for _ in 0..<10 {
                var foreign = packet
                foreign.source = Bool.random(using: &random) ? 77 : UInt32.random(in: 0...UInt32.max, using: &random)
                foreign.sequence = UInt16.random(in: 0...UInt16.max, using: &random)
                self.test.take(foreign)
            }
            self.test.now += 20_000
        }
        #expect(self.order == Array(0..<100))
        #expect(self.test.statistics.sourceChanges == 0)
        #expect(self.test.statistics.foreign > 500)
    }

    /// Encoders that begin to count anew at every segment of theirs; nothing is lost.
    @Test(arguments: [-120, -40, -500, 120, 2000, 30_000], [true, false])
    mutating func `Numbers that step while times go on are followed`(step: Int, isOrdered: Bool) {
        self.follow(step: step, isOrdered: isOrdered)
    }

    /// By datagrams, a number that comes a second time would be a duplicate.
    @Test mutating func `A number that comes twice in order is another packet`() {
        self.follow(step: -1, isOrdered: true)
    }

    private mutating func follow(step: Int, isOrdered: Bool) {
        self.test.isOrdered = isOrdered
        for number in 0..<300 {
            if number > 0, number % 50 == 0 { self.test.sender.sequence &+= UInt16(truncatingIfNeeded: step) }
            for packet in self.packets(1, from: number) { self.test.take(packet) }
            self.test.now += 20_000
        }
        #expect(self.order == Array(0..<300))
        #expect(self.test.statistics.lost == 0)
        #expect(self.test.statistics.late == 0)
    }

    @Test mutating func `Over a connection nothing waits, and what the sender left out is a loss`() {
        self.test.isOrdered = true
        var packets = self.packets(40)
        packets.removeSubrange(20..<23)
        for packet in packets {
            let before = self.test.packets.count
            self.test.take(packet)
            #expect(self.test.packets.count == before + 1)
            self.test.now += 20_000
        }
        #expect(self.test.statistics.lost == 3)
        self.test.take(packets[36])
        #expect(self.test.statistics.duplicates == 1)
        #expect(self.test.packets.count == 37)
    }

    /// It came late, but its time says that it is an old one.
    @Test mutating func `A late packet is no new beginning`() {
        var packets = self.packets(200)
        let late = packets.remove(at: 40)
        packets.insert(late, at: 120)
        for packet in packets {
            self.test.take(packet)
            self.test.now += 20_000
        }
        #expect(self.order == Array(0..<40) + Array(41..<200))
        #expect(self.test.statistics.late == 1)
        #expect(self.test.statistics.restarts == 0)
    }

    /// A sender that began anew has another source, and its description may still name the one of before.
    @Test func `A source that the description does not name is taken where the named one does not come`() throws {
        var test = try TestReceiver(Self.sdp + "\na=ssrc:5 cname:x")
        test.sender.payloadType = 0
        for packet in 0..<50 {
            test.send("01", at: UInt32(packet * 160))
            test.now += 20_000
        }
        #expect(test.packets.count == 50, "those that it waited with are taken too")
        #expect(test.statistics.sourceChanges == 0)
        // One packet alone, however late, proves nothing.
        var other = try TestReceiver(Self.sdp + "\na=ssrc:5 cname:x")
        other.sender.payloadType = 0
        other.send("01", at: 0)
        other.now += 10_000_000
        other.sender.source = 5
        other.send("01", at: 0)
        #expect(other.packets.count == 1)
    }

    @Test func `A source that the description names is the only one taken`() throws {
        var test = try TestReceiver(Self.sdp + "\na=ssrc:5 cname:x")
        test.sender.payloadType = 0
        test.send("01", at: 0)
        #expect(test.packets.isEmpty)
        test.sender.source = 5
        test.send("01", at: 0)
        #expect(test.packets.count == 1)
    }

    @Test mutating func `Payload types without an explanation are counted`() {
        self.test.sender.payloadType = 101
        self.test.send("01", at: 0)
        #expect(self.test.events.isEmpty)
        #expect(self.test.statistics.unexpectedTypes == 1)
    }

    @Test func `One of several formats may take the place of another`() throws {
        var test = try TestReceiver("m=audio 0 RTP/AVP 0 8 13")
        test.sender.payloadType = 0
        test.send("01", at: 0)
        test.sender.payloadType = 13
        test.send("40", at: 160)
        test.sender.payloadType = 8
        test.send("02", at: 320)
        #expect(test.configurations.map(\.codec) == [.pcmu, .pcma])
        #expect(test.packets.count == 2)
        #expect(test.statistics.unexpectedTypes == 1)
        #expect(test.statistics.encoding == "PCMA")
    }

    @Test mutating func `A goodbye is told once, and the next source taken at once`() {
        for packet in self.packets(3) { self.test.take(packet) }
        var goodbye = ByteBuffer()
        RTCPPacket.receiverReport(source: self.test.sender.source, []).write(into: &goodbye)
        RTCPPacket.goodbye([self.test.sender.source]).write(into: &goodbye)
        for _ in 0..<2 {
            self.test.events += self.test.receiver.receiveRTCP(goodbye, media: 0, now: self.test.now, wall: 0)
        }
        #expect(self.test.events.filter { $0 == .goodbye }.count == 1)
        self.test.sender.source = 9
        for packet in self.packets(3, from: 10) { self.test.take(packet) }
        #expect(self.order == [0, 1, 2, 10, 11, 12])
    }

    @Test mutating func `Control on the port of RTP is heard`() {
        for packet in self.packets(1) { self.test.take(packet) }
        var report = ByteBuffer()
        RTCPPacket.senderReport(
            RTCPSenderReport(
                source: self.test.sender.source,
                time: NTPTime(1 << 60),
                timestamp: 0,
                packets: 1,
                bytes: 1
            )
        ).write(into: &report)
        _ = self.test.receiver.receiveRTP(report, media: 0, now: 0)
        #expect(self.test.statistics.senderReports == 1)
        #expect(self.test.statistics.malformed == 0)
    }

    @Test mutating func `What is no packet is counted, and media that are none are passed over`() {
        #expect(self.test.receiver.receiveRTP(ByteBuffer(string: "hello"), media: 0, now: 0).isEmpty)
        #expect(self.test.receiver.receiveRTCP(ByteBuffer(string: "hello"), media: 0, now: 0, wall: 0).isEmpty)
        #expect(self.test.statistics.malformed == 2)
        #expect(self.test.receiver.receiveRTP(ByteBuffer(), media: 7, now: 0).isEmpty)
        #expect(self.test.receiver.receiveRTCP(ByteBuffer(), media: -1, now: 0, wall: 0).isEmpty)
    }

    @Test(arguments: [
        "m=video 0 RTP/SAVP 96\na=rtpmap:96 H264/90000", "m=application 0 RTP/AVP 107", "m=video 0 udp 33",
    ])
    func `What cannot be received is refused`(sdp: String) throws {
        let session = try SessionDescription(parsing: sdp)
        let configuration = RTPReceiverConfiguration(canonicalName: "x", source: 1)
        #expect(throws: RTPError.nothingToReceive) { try RTPReceiver(session, configuration: configuration) }
    }
}

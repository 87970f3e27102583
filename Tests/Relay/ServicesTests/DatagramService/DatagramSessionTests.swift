import Contract
import DatagramService
import Linux
import Logging
import Media
import NIOCore
import Sessions
import Streams
import Testing

/// A declared source without sockets: G.711, of which every packet is a unit.
@Suite struct DatagramSessionTests {
    private static let camera = InternetAddress(.v4(0x0a00_0005), port: 6000)
    private static let stranger = InternetAddress(.v4(0x0a00_0006), port: 6000)
    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func session(_ source: SourceSpec) throws -> DatagramSession {
        let stream = try StreamSpec(name: StreamName("camera"), source: source)
        return try DatagramSession(stream, timeout: .seconds(2), random: 7, log: self.log)
    }

    private static func sound() throws -> DatagramSession {
        let address = try ListenAddress("127.0.0.1:5004")
        let description = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n"
        let media = [MediaPorts(rtp: address, rtcp: nil)]
        return try self.session(.rtp(RTPSourceSpec(description: description, media: media)))
    }

    private static func packet(_ number: Int, type: UInt8 = 0, payload: Int = 160) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(0x80 as UInt8)
        bytes.writeInteger(type)
        bytes.writeInteger(UInt16(truncatingIfNeeded: number))
        bytes.writeInteger(UInt32(truncatingIfNeeded: number * 160))
        bytes.writeInteger(0x0102_0304 as UInt32)
        bytes.writeRepeatingByte(0xff, count: payload)
        return bytes
    }

    private static func now(_ number: Int) -> Now {
        Now(monotonic: 10_000_000 + Int64(number) * 20_000, wall: 1_700_000_000_000_000 + Int64(number) * 20_000)
    }

    @discardableResult
    private static func send(
        _ numbers: some Sequence<Int>,
        from sender: InternetAddress = Self.camera,
        to session: inout DatagramSession
    ) -> [DatagramSession.Arrival] {
        numbers.map { number in
            session.receive(
                self.packet(number),
                from: sender,
                media: 0,
                isReports: false,
                now: self.now(number)
            )
        }
    }

    /// Two kinds of sound of one sender; the second's first packet comes 50 ms late, which its report explains.
    @Test func reportsThatComeBeforeAnyPacketPutTracksInStep() throws {
        let address = try ListenAddress("127.0.0.1:5004")
        let description = """
            v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\nm=audio 5006 RTP/AVP 0\r\n
            """
        let media = [MediaPorts(rtp: address, rtcp: address), MediaPorts(rtp: address, rtcp: address)]
        var session = try Self.session(.rtp(RTPSourceSpec(description: description, media: media)))
        let reporter = InternetAddress(Self.camera.host, port: 6001)
        for medium in 0..<2 {
            // RFC 3550 section 6.4.1: at one instant both tracks' timestamps are 160.
            var report = ByteBuffer()
            report.writeMultipleIntegers(0x80 as UInt8, 200 as UInt8, 6 as UInt16, 0x0102_0304 as UInt32)
            report.writeMultipleIntegers(0xe000_0000 as UInt32, 0 as UInt32, 160 as UInt32, 0 as UInt32, 0 as UInt32)
            _ = session.receive(report, from: reporter, media: medium, isReports: true, now: Self.now(0))
        }
        func times(_ medium: Int, _ number: Int, at tick: Double) -> [Int64] {
            var now = Self.now(0)
            now.monotonic += Int64(tick * 1000)
            now.wall += Int64(tick * 1000)
            let arrival = session.receive(
                Self.packet(number),
                from: Self.camera,
                media: medium,
                isReports: false,
                now: now
            )
            return arrival.events.compactMap { if case .packet(let packet) = $0 { packet.timestamp } else { nil } }
        }
        let first = try #require(times(0, 1, at: 1).first)
        let second = try #require(times(1, 1, at: 51).first)
        #expect(first == second)
    }

    @Test func packetsBecomeEventsAndLossesAreCounted() throws {
        var session = try Self.sound()
        let arrivals = Self.send(1...50, to: &session)
        #expect(arrivals.first?.verdict == .new)
        #expect(arrivals.dropFirst().allSatisfy { $0.verdict == .known })
        #expect(arrivals.flatMap(\.events).count >= 40)
        Self.send((51...100).filter { $0 % 10 != 0 || $0 == 100 }, to: &session)
        _ = session.tick(now: Self.now(150))
        let link = session.link
        #expect(link.tracks.map(\.kind) == [.audio])
        #expect(link.lost == 4)
        #expect(link.packets == 96)
        #expect(!link.isHolding)
    }

    @Test func strangersAreCountedAndHaveNoPart() throws {
        var session = try Self.sound()
        Self.send(1...10, to: &session)
        let arrivals = Self.send(500...600, from: Self.stranger, to: &session)
        // By then the camera had been silent for too long, at these times.
        #expect(arrivals.first?.verdict == .new)
        var busy = try Self.sound()
        for number in 1...100 {
            Self.send([number], to: &busy)
            let arrival = Self.send([number], from: Self.stranger, to: &busy)[0]
            #expect(arrival.verdict == .foreign && arrival.events.isEmpty)
        }
        #expect(busy.foreign == 100)
        #expect(busy.link.lost == 0)
        #expect(busy.link.foreign == 100)
    }

    @Test func reportsGoWhereTheSendersCameFrom() throws {
        var session = try Self.sound()
        Self.send(1...200, to: &session)
        let deadline = try #require(session.deadline)
        let reports = session.reports(now: Now(monotonic: deadline, wall: 0))
        #expect(reports.map(\.destination) == [InternetAddress(Self.camera.host, port: 6001)])
        #expect(reports.first?.bytes.getInteger(at: 1, as: UInt8.self) == 201)
    }

    @Test func garbageDoesNotKeepAPortFromItsSender() throws {
        var session = try Self.sound()
        for first in [0x00, 0x47, 0x16, 0xff] as [UInt8] {
            let arrival = session.receive(
                ByteBuffer(bytes: [first] + [UInt8](repeating: 0, count: 20)),
                from: Self.stranger,
                media: 0,
                isReports: false,
                now: Self.now(0)
            )
            #expect(arrival.verdict == .foreign)
        }
        #expect(session.link.malformed == 4)
        let arrivals = Self.send(1...3, to: &session)
        #expect(arrivals.first?.verdict == .new)
    }

    @Test func aTransportStreamComesBareOrInRTP() throws {
        let spec = SourceSpec.datagrams(try DatagramSourceSpec(listen: ListenAddress("127.0.0.1:5004")))
        var padding = ByteBuffer()
        for _ in 0..<7 {
            padding.writeBytes([0x47, 0x1f, 0xff, 0x10])
            padding.writeRepeatingByte(0xff, count: 184)
        }
        var bare = try Self.session(spec)
        let arrival = bare.receive(padding, from: Self.camera, media: 0, isReports: false, now: Self.now(0))
        #expect(arrival.verdict == .new)
        #expect(bare.link.tracks.map(\.kind) == [.transportStream])
        #expect(bare.link.packets == 7)
        var wrapped = try Self.session(spec)
        for number in 1...20 where number != 10 {
            var packet = Self.packet(number, type: 33, payload: 0)
            packet.writeImmutableBuffer(padding)
            _ = wrapped.receive(packet, from: Self.camera, media: 0, isReports: false, now: Self.now(number))
        }
        _ = wrapped.tick(now: Self.now(100))
        #expect(wrapped.link.packets == 19)
        #expect(wrapped.link.lost == 1)
    }

    @Test func aBareDatagramThatComesTwiceIsTakenOnce() throws {
        let spec = SourceSpec.datagrams(try DatagramSourceSpec(listen: ListenAddress("127.0.0.1:5004")))
        var session = try Self.session(spec)
        func datagram(_ pid: UInt16, _ counter: UInt8) -> ByteBuffer {
            var bytes = ByteBuffer()
            bytes.writeMultipleIntegers(0x47 as UInt8, pid, 0x10 | counter & 15 as UInt8)
            bytes.writeRepeatingByte(0xff, count: 184)
            return bytes
        }
        func send(_ bytes: ByteBuffer, at number: Int) {
            _ = session.receive(bytes, from: Self.camera, media: 0, isReports: false, now: Self.now(number))
        }
        for number in 0..<40 {
            send(datagram(0x100, UInt8(number)), at: number)
            if number % 10 == 9 { send(datagram(0x100, UInt8(number - 2)), at: number) }
        }
        #expect(session.link.tracks.map(\.duplicates) == [4])
        #expect(session.link.packets == 40)
        // Padding is all alike.
        for number in 40..<50 { send(datagram(0x1fff, 0), at: number) }
        #expect(session.link.tracks.map(\.duplicates) == [4])
        #expect(session.link.packets == 50)
    }

    @Test func aDescriptionOfNothingIsRefused() throws {
        let media = [MediaPorts(rtp: try ListenAddress("127.0.0.1:5004"), rtcp: nil)]
        let spec = SourceSpec.rtp(try RTPSourceSpec(description: "v=0\r\nm=text 5004 RTP/AVP 99\r\n", media: media))
        #expect(throws: DatagramRefusal.self) { try Self.session(spec) }
    }
}

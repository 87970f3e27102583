import Contract
import DatagramService
import Linux
import Logging
import Media
import NIOCore
import Sessions
import Streams
import Testing
import Toolkit

/// Datagrams of MPEG-TS are one stream of bytes, whatever size they are sent in.
@Suite struct TransportStreamFormTests {
    private static let encoder = InternetAddress(.v4(0x0a00_0005), port: 6000)
    private static let stranger = InternetAddress(.v4(0x0a00_0006), port: 6000)

    private static func session() throws -> DatagramSession {
        let spec = SourceSpec.datagrams(try DatagramSourceSpec(listen: ListenAddress("127.0.0.1:5004")))
        return try DatagramSession(
            StreamSpec(name: StreamName("encoder"), source: spec),
            timeout: .seconds(2),
            random: 7,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Pictures of two packets each, a keyframe every 25, and 13 bytes of a packet before the first.
    private static func stream(pictures: Int, stride: Int = 188) -> [UInt8] {
        var builder = TSBuilder([.init(pid: 0x100, type: 0x1B, streamID: 0xE0)], clockPID: 0x100)
        for number in 0..<pictures {
            if number % 25 == 0 { builder.tables() }
            let time = Int64(number) * 3600 + 900_000
            builder.unit(0x100, TSPictures.picture(number, isKeyframe: number % 25 == 0), pts: time, clock: time - 9000)
        }
        let packets = builder.take()
        var bytes = [UInt8](repeating: 0x13, count: 13)
        for start in Swift.stride(from: 0, to: packets.count, by: 188) {
            bytes += packets[start..<start + 188] + [UInt8](repeating: 0xA5, count: stride - 188)
        }
        return bytes
    }

    private static func datagrams(_ bytes: [UInt8], _ size: Int) -> [ByteBuffer] {
        Swift.stride(from: 0, to: bytes.count, by: size).map { start in
            ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])
        }
    }

    private static func send(_ datagrams: [ByteBuffer], to session: inout DatagramSession) -> [SourcePacket] {
        var packets: [SourcePacket] = []
        for (number, bytes) in datagrams.enumerated() {
            let now = Now(monotonic: 10_000_000 + Int64(number) * 1000, wall: 1_700_000_000_000_000)
            let arrival = session.receive(bytes, from: Self.encoder, media: 0, isReports: false, now: now)
            packets += arrival.events.compactMap { if case .packet(let packet) = $0 { packet } else { nil } }
        }
        return packets
    }

    /// Packets arrive all the time: what fills a line up, repeats a table or reports is no media.
    @Test func mediaAloneIsHeard() throws {
        var session = try Self.session()
        let packets = Self.datagrams(Array(Self.stream(pictures: 50).dropFirst(13)), 188)
        func arrive(_ bytes: ByteBuffer, isReports: Bool = false) -> DatagramSession.Arrival {
            let now = Now(monotonic: 10_000_000, wall: 1_700_000_000_000_000)
            return session.receive(bytes, from: Self.encoder, media: 0, isReports: isReports, now: now)
        }
        let pid = { (packet: ByteBuffer) in Int(packet.getInteger(at: 1, as: UInt16.self) ?? 0) & 0x1FFF }
        var (heard, tables) = (0, 0)
        for packet in packets {
            let arrival = arrive(packet)
            if pid(packet) == 0x100 {
                heard += arrival.events.isEmpty && arrival.media.isEmpty ? 0 : 1
            } else {
                tables += 1
                #expect(arrival.media.isEmpty, "PID \(pid(packet))")
            }
        }
        #expect(heard > 80 && tables >= 4)
        let null = ByteBuffer(bytes: [0x47, 0x1F, 0xFF, 0x10] + [UInt8](repeating: 0xFF, count: 184))
        for table in [ByteBuffer](repeating: null, count: 10) + packets.filter({ pid($0) != 0x100 }) {
            let arrival = arrive(table)
            #expect(arrival.verdict == .known && arrival.events.isEmpty && arrival.media.isEmpty)
        }
        let report = ByteBuffer(bytes: [0x80, 201, 0, 1, 1, 2, 3, 4])
        #expect(arrive(report, isReports: true).media.isEmpty)
    }

    /// The last picture waits for what follows it where nothing shows that it is whole.
    @Test(arguments: [1472, 1316, 1000, 700, 400, 188, 100, 9000], [188, 192, 204])
    func everyPictureComesWhateverTheSize(size: Int, stride: Int) throws {
        var session = try Self.session()
        let packets = Self.send(Self.datagrams(Self.stream(pictures: 100, stride: stride), size), to: &session)
        #expect(packets.count >= 99)
        #expect(session.link.tracks.map(\.lost) == [0])
        // What is too short to tell whose it is belongs to nobody yet.
        #expect(session.link.malformed <= UInt64(5 * 204 / size + 1))
    }

    @Test(arguments: [1472, 1316, 700, 400])
    func aLostDatagramCostsTheGroupOfPicturesAtMost(size: Int) throws {
        let whole = Self.stream(pictures: 100)
        var session = try Self.session()
        let known = Set(Self.send(Self.datagrams(whole, size), to: &session))
        for place in [5, 11, 17] {
            var session = try Self.session()
            var datagrams = Self.datagrams(whole, size)
            datagrams.remove(at: place)
            let packets = Self.send(datagrams, to: &session)
            #expect(packets.count >= 70 && packets.count < 100, "\(packets.count)")
            // No packet is made of the halves of two.
            #expect(packets.allSatisfy(known.contains), "without datagram \(place)")
        }
    }

    @Test(arguments: [1316, 1472, 1000, 300])
    func payloadsOfRTPAreOneStreamToo(size: Int) throws {
        var session = try Self.session()
        var datagrams: [ByteBuffer] = []
        for (number, part) in Self.datagrams(Array(Self.stream(pictures: 100).dropFirst(13)), size).enumerated() {
            var bytes = ByteBuffer(bytes: [0x80, 33])
            bytes.writeInteger(UInt16(number))
            bytes.writeInteger(UInt32(number))
            bytes.writeInteger(77 as UInt32)
            bytes.writeImmutableBuffer(part)
            datagrams.append(bytes)
        }
        #expect(Self.send(datagrams, to: &session).count >= 99)
        #expect(session.link.tracks.map(\.lost) == [0])
    }

    /// The first bits of a bare datagram are those of RTP in a quarter of all, and its second byte may be its type's.
    @Test func aFirstDatagramThatLooksLikeRTPIsKnownByItsPackets() throws {
        var bytes = Self.stream(pictures: 100)
        (bytes[0], bytes[1]) = (0x80, 33)
        var session = try Self.session()
        #expect(Self.send(Self.datagrams(bytes, 1472), to: &session).count >= 74)
    }

    @Test func garbageIsNobodysStream() throws {
        var session = try Self.session()
        for number in 0..<50 {
            let bytes = ByteBuffer(repeating: UInt8(number), count: 40 * number + 1)
            guard number != 0x47 else { continue }
            let arrival = session.receive(
                bytes,
                from: Self.stranger,
                media: 0,
                isReports: false,
                now: Now(monotonic: 10_000_000, wall: 0)
            )
            #expect(arrival.verdict == .foreign)
        }
        #expect(Self.send(Self.datagrams(Self.stream(pictures: 50), 1472), to: &session).count >= 49)
    }

    @Test func theNextSenderBeginsAnew() throws {
        var session = try Self.session()
        // It ends within a packet.
        let first = Self.datagrams(Self.stream(pictures: 50), 1472).dropLast()
        #expect(Self.send(Array(first), to: &session).count > 40)
        var packets = 0
        for (number, bytes) in Self.datagrams(Self.stream(pictures: 50), 1000).enumerated() {
            let now = Now(monotonic: 20_000_000 + Int64(number) * 1000, wall: 1_700_000_000_000_000)
            let arrival = session.receive(bytes, from: Self.stranger, media: 0, isReports: false, now: now)
            #expect(arrival.verdict == (number == 0 ? .new : .known))
            packets += arrival.events.count { if case .packet = $0 { true } else { false } }
        }
        #expect(packets >= 48)
    }
}

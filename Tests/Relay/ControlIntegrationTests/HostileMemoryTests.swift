import Contract
import Control
import Foundation
import Linux
import Synchronization
import Testing
import Toolkit

/// What an instance that was taken over leaves to the next one: tapes, tables of viewers by TCP and UDP and of exchanges, intakes
/// and the memories of sources and of publishers by UDP, as anybody may have written them.
@Suite("A relay that goes on with what anybody may have written", .serialized, .timeLimit(.minutes(20)))
struct HostileMemoryTests {
    /// Deaths in one run. `TRANSPONDER_LONG_ATTACH` says another number.
    private static let rounds =
        ProcessInfo.processInfo.environment["TRANSPONDER_LONG_ATTACH"].flatMap { Int($0) } ?? 4
    private static let seed =
        ProcessInfo.processInfo.environment["TRANSPONDER_ATTACH_SEED"].flatMap { UInt64($0) } ?? 1

    private static func publish(to address: String) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "quiet", "-re", "-f", "lavfi"]
                + ["-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine"]
                + ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25"]
                + ["-c:a", "aac", "-f", "flv", "rtmp://\(address)/live/main?key=secret"]
        )
    }

    /// Sound by G.711 to a declared source, until it is let go of.
    private final class Camera: Sendable {
        private let isOver = Atomic(false)

        init(_ port: UInt16) throws {
            let isOver: @Sendable () -> Bool = { [weak self] in self?.isOver.load(ordering: .relaxed) ?? true }
            let socket = HeldDescriptor(try UDPSocket.connect(to: InternetAddress(.loopbackV4, port: port)))
            _ = try WorkerThread(name: "camera") {
                var number: UInt32 = 0
                while !isOver() {
                    var packet: [UInt8] = [0x80, 0]
                    packet += [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
                    for shift in [24, 16, 8, 0] { packet.append(UInt8(truncatingIfNeeded: (number &* 160) >> shift)) }
                    packet += [0, 0, 0, 7] + [UInt8](repeating: 0xFF, count: 160)
                    try? UDPSocket.send(packet, by: socket)
                    number &+= 1
                    usleep(20_000)
                }
            }
        }

        func end() { self.isOver.store(true, ordering: .relaxed) }
    }

    /// The same to another stream, by RTSP and by datagrams.
    private static func talk(to address: String) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "quiet", "-re", "-f", "lavfi", "-i", "sine", "-c:a", "pcm_mulaw"]
                + ["-ar", "8000", "-f", "rtsp", "-rtsp_transport", "udp"]
                + ["rtsp://\(address)/live/talk?key=secret"]
        )
    }

    private static func spec(port: UInt16, sink: UInt16) throws -> RelaySpec {
        let description =
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio \(port) RTP/AVP 0\r\n"
        let source = try RTPSourceSpec(
            description: description,
            media: [.init(rtp: ListenAddress(host: "127.0.0.1", port: port), rtcp: nil)]
        )
        let wall = try PushSpec(name: DestinationName("wall"), to: PushDestination("udp://127.0.0.1:\(sink)"))
        return try StandInHost.spec(streams: [
            StreamSpec(name: StreamName("main"), push: [wall]),
            StreamSpec(name: StreamName("camera"), source: .rtp(source)),
            StreamSpec(name: StreamName("talk")),
        ])
    }

    /// Words of a memory are changed as somebody would who knows what they are, or does not.
    private static func spoil(_ held: HeldDescriptor, _ dice: inout SeededGenerator) throws {
        guard let copy = try held.duplicate() else { return }
        let memory = try SharedMemory.attach(copy)
        let words = memory.size / 8
        func word(_ place: Int) -> UInt64 { unsafe memory.base.load(fromByteOffset: 8 * place, as: UInt64.self) }
        for _ in 0..<Int.random(in: 1...6, using: &dice) {
            // The headers, the pages behind them, or anywhere where something is.
            let area = [min(words, 64), min(words, 4096), words].randomElement(using: &dice) ?? words
            var place = Int.random(in: 0..<area, using: &dice)
            for _ in 0..<64 where word(place) == 0 { place = Int.random(in: 0..<area, using: &dice) }
            let (old, other) = (word(place), word(Int.random(in: 0..<min(words, 4096), using: &dice)))
            let values: [UInt64] = [
                0, 1, .max, .max / 2, 1 << 62, 1 << 40, old &+ 1, old &- 1, old &- 4096, old << 1, old ^ 1 << 32, other,
                dice.next(), dice.next() & 0xFFFF,
            ]
            unsafe memory.base.storeBytes(
                of: values.randomElement(using: &dice) ?? 0,
                toByteOffset: 8 * place,
                as: UInt64.self
            )
        }
    }

    /// Memories are spoilt, and what is written on things says so of others: two viewers on one place, a tape that is a table.
    private static func spoil(_ store: RelayStore, _ dice: inout SeededGenerator) throws -> Int {
        let all = store.all
        var count = 0
        for (stored, held) in all where stored.kind == .memory && Bool.random(using: &dice) {
            try Self.spoil(held, &dice)
            count += 1
        }
        for (stored, _) in all where Int.random(in: 0..<6, using: &dice) == 0 {
            guard let other = all.randomElement(using: &dice)?.0 else { continue }
            store.keep(StoredDescriptor(number: stored.number, kind: stored.kind, label: other.label), nil)
        }
        return count
    }

    /// Somebody who watches, and what he asks is answered by.
    private static func watch(_ address: String) throws -> [Socket] {
        try ["main.flv", "main.ts", "main.mp4", "main.m3u8"].map { page in
            let socket = try Socket(to: address)
            try socket.send("GET /live/\(page) HTTP/1.1\r\nHost: relay\r\n\r\n")
            return socket
        }
    }

    @Test("Whatever it has left, the next instance serves") func theNextInstanceServes() async throws {
        var dice = SeededGenerator(seed: Self.seed)
        let ports = try FreePorts.take(4)
        let spec = try Self.spec(port: ports[0], sink: ports[2])
        let ear = HeldDescriptor(try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: ports[0])))
        let camera = try Camera(ports[0])
        defer { camera.end() }
        let grant = SocketGrant(
            purpose: .source(try StreamName("camera"), media: 0, isReports: false),
            port: ports[0]
        )
        var host = try await StandInHost.start(spec)
        host.store.destine(try DestinationName("wall"), to: "127.0.0.1:\(ports[2])")
        let range = try FreePorts.take(64)
        host.store.setApart(try PortRange(first: range[0], last: range[0] + 63))
        let screens = try FreePorts.take(4)
        try host.channel.send(.resume(count: 0))
        var spoilt = 0
        for round in 0..<Self.rounds {
            if let copy = try ear.duplicate() { try host.channel.send(.socket(grant), descriptor: copy) }
            let publisher = try Self.publish(to: host.openRTMP())
            let talker = try Self.talk(to: host.openRTSP())
            _ = try await host.beats { snapshot in
                snapshot.streams.contains { $0.path.stream.rawValue == "main" && $0.source != nil }
            }
            let viewers = try Self.watch(host.openHTTP())
            let player = try DatagramPlayer(to: host.openRTSP())
            try await host.whileServed { try await player.play(screens) }
            // What somebody must be to survive: two seconds a publisher, one a source.
            _ = try await host.beats { _ in
                let labels = host.store.all.map(\.0.label)
                return ["publisher", "source", "viewer\"", "socket", "recording", "packets"].allSatisfy { kind in
                    labels.contains { $0.contains(kind) }
                }
            }
            host = try await host.succeed(spec) { [host] in
                spoilt += try Self.spoil(host.store, &dice)
            }
            for _ in 0..<5 { _ = try await host.beat() }
            #expect(host.program.isRunning, "round \(round), seed \(Self.seed)")
            publisher.signal(SIGKILL)
            talker.signal(SIGKILL)
            withExtendedLifetime((viewers, player)) {}
        }
        // It is as good as a new one.
        let publisher = try Self.publish(to: host.openRTMP())
        let recording = try FLVRecording(host.openHTTP(), "/live/main.flv")
        await recording.wait(for: 25)
        #expect(publisher.isRunning && host.program.isRunning)
        print("figure: \(Self.rounds) deaths, \(spoilt) memories spoilt, seed \(Self.seed)")
    }
}

import NIOCore
import StreamToolkit
import Testing
import Toolkit
import Wire

/// Many connections at once: those that say what they want are served, those that do not keep nobody out.
@Suite("Crowds at the doors of a relay", .serialized, .timeLimit(.minutes(2)))
struct CrowdTests {
    /// What RTMP clients send that do not wait for answers.
    private enum RTMP {
        static let handshake = [3] + [UInt8](repeating: 0, count: 2 * 1536)

        static func command(_ name: String, _ transaction: Double, _ arguments: AMFValue..., on stream: UInt32 = 0)
            -> [UInt8]
        {
            var command = RTMPCommand(name, transaction: transaction)
            command.arguments = arguments
            var bytes = ByteBuffer()
            RTMPChunkEncoder().write(command.message(streamID: stream), into: &bytes)
            return Array(bytes.readableBytesView)
        }

        static let connect = command(
            "connect",
            1,
            .object(["app": .string("live"), "tcUrl": .string("rtmp://127.0.0.1/live")])
        )
        static let play = command("createStream", 2, .null) + command("play", 3, .null, .string("main"), on: 1)
    }

    /// A request whose body never comes.
    private static let bodyless = "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// More than an answer is: media has come.
    private static let enough = 12_000

    private static func isServed(_ socket: Socket) async throws -> Bool {
        var count = 0
        while count < Self.enough {
            let bytes = try await socket.receive()
            guard !bytes.isEmpty else { return false }
            count += bytes.count
        }
        return true
    }

    @Test("Hundreds of viewers behind one address are served at their first try", arguments: ["rtmp", "flv", "m3u8"])
    func oneAddress(_ kind: String) async throws {
        let relay = try await RelayProcess.quick()
        let publisher = try await Encoder.start(
            Sample(.h264, .aac, seconds: 20).path(),
            to: relay.publishAddress(),
            repeats: 100
        )
        try await relay.waitForPlaylist()
        let address = relay.addresses[kind == "rtmp" ? "rtmp" : "http"] ?? ""
        let crowd = try (0..<400).map { _ in try Socket(to: address) }
        switch kind {
        case "rtmp":
            // All are undecided at once, and each step waits for everybody.
            for bytes in [RTMP.handshake, RTMP.connect, RTMP.play] { for socket in crowd { try socket.send(bytes) } }
        case "flv": for socket in crowd { try socket.send("GET /live/main.flv HTTP/1.1\r\nHost: here\r\n\r\n") }
        default: for socket in crowd { try socket.send("GET /live/main.m3u8 HTTP/1.1\r\nHost: here\r\n\r\n") }
        }
        var served = 0
        for socket in crowd {
            if kind == "m3u8" {
                let text = try await String(decoding: socket.receive(), as: UTF8.self)
                served += text.hasPrefix("HTTP/1.1 200 OK\r\n") ? 1 : 0
            } else {
                served += try await Self.isServed(socket) ? 1 : 0
            }
        }
        #expect(served == 400)
        publisher.kill()
    }

    @Test("Who says nothing keeps nobody out, by any protocol", .timeLimit(.minutes(2)))
    func silence() async throws {
        var configuration = RelayConfiguration()
        configuration.servesRTSP = true
        configuration.limits = ["undecided": "50", "reserved": "5"]
        let relay = try await RelayProcess.start(configuration)
        let connecting = RTMP.handshake + RTMP.connect
        let kinds: [(name: String, openings: [[UInt8]])] = [
            ("rtmp", [[], [3], Array(RTMP.handshake.prefix(1537)), RTMP.handshake, connecting]),
            ("http", [[], Self.bytes("GET /live/main.flv HTTP/1.1\r\nX: "), Self.bytes(Self.bodyless)]),
            ("rtsp", [[], Self.bytes("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")]),
        ]
        var silent: [Socket] = []
        for (name, openings) in kinds {
            for index in 0..<300 {
                let socket = try Socket(to: relay.addresses[name] ?? "", from: "127.0.0.\(2 + index % 6)")
                try? socket.send(openings[index % openings.count])
                silent.append(socket)
            }
        }
        let publisher = try await TestPublisher.onAir(relay)
        try await publisher.send(Material.usual().whole(marked: 1))
        let viewer = try TestViewer.flv(relay)
        try await viewer.wait(for: 1)
        #expect(try await HTTP.get(relay.page("livez")).status == 200)
        let ready = try await HTTP.get(relay.page("readyz"))
        #expect(ready.status == 200)
        #expect(ready.text.contains("did not say what they want"))
        let metrics = try await HTTP.get(relay.page("metrics")).text
        for (name, _) in kinds {
            let labels = "relay=\"live\",protocol=\"\(name)\",reason=\"undecided\""
            let sample = "transponder_closed_connections_total{\(labels)}"
            let line = metrics.split(separator: "\n").first { $0.hasPrefix(sample) }
            #expect((line?.split(separator: " ").last.flatMap { Int($0) } ?? 0) >= 250, "\(name)")
        }
        // A line in a while, not one for each.
        #expect(relay.logLines.count < 60)
        withExtendedLifetime(silent) {}
    }

    @Test("Hostile connections leave a bounded number of lines in the log", arguments: ["rtmp", "rtsp"])
    func log(_ name: String) async throws {
        var configuration = RelayConfiguration()
        configuration.servesRTSP = true
        let relay = try await RelayProcess.start(configuration)
        let before = relay.logLines.count
        for _ in 0..<100 {
            let socket = try Socket(to: relay.addresses[name] ?? "")
            try? socket.send(name == "rtmp" ? [UInt8](repeating: 0xff, count: 4000) : Array("NONSENSE\r\n\r\n".utf8))
            socket.finish()
            _ = try await socket.rest()
        }
        let metrics = try await HTTP.get(relay.page("metrics")).text
        #expect(metrics.contains("protocol=\"\(name)\",reason=\"malformed\"} 100\n"))
        #expect(relay.logLines.count - before <= 12)
    }
}

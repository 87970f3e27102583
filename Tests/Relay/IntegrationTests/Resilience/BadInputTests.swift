import Foundation
import NIOCore
import StreamToolkit
import Testing
import Toolkit
import Wire

@Suite("Bad input over real sockets", .timeLimit(.minutes(2)))
struct BadInputTests {
    /// Private memory that a relay may take on while it is treated badly, KiB: less than any one of the messages declared.
    private static let growth = 24 * 1024

    @Test("Bad RTMP ends its connection, with a line in the log at most, and nothing else")
    func rtmp() async throws {
        let relay = try await RelayProcess.start()
        let bystander = try await Bystander(relay)
        let before = relay.privateMemory
        for (name, bytes) in BadRTMP.all {
            let lines = relay.logLines.count
            let socket = try Socket(to: relay.addresses["rtmp"] ?? "")
            // The relay may have had enough before it has it all.
            try? socket.send(bytes)
            // What stands here is wrong already; what does not is cut short by this.
            socket.finish()
            _ = try await socket.rest(within: .seconds(20))
            try await bystander.goesOn("beside \(name)")
            #expect(relay.logLines.count <= lines + 1, "\(name)")
        }
        #expect(relay.privateMemory - before < Self.growth)
    }

    @Test("Who breaks off RTMP's rules on air or while watching ends alone, and viewers go on with the next publisher")
    func onAir() async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.start()
        let bystander = try await Bystander(relay)
        let publisher = try await TestPublisher.onAir(relay)
        try publisher.send(material.whole(marked: 1))
        let rude = try TestViewer.rtmp(relay)
        let viewers = [try TestViewer.rtmp(relay), try TestViewer.flv(relay), try TestViewer.ts(relay)]
        try publisher.send(material.frames(marked: 2, round: 1))
        for viewer in viewers + [rude] { try await viewer.wait(for: 2) }
        // Tags that no decoder can begin to read cost nothing but themselves.
        for kind in [FLVTag.Kind.video, .audio] {
            for body in [[], [0xFF], [0x17], [0xAF], [0x17, 0, 0, 0, 0, 1], [0x90]] as [[UInt8]] {
                try publisher.send([FLVTag(kind: kind, timestamp: 2000, body: ByteBuffer(bytes: body))])
            }
        }
        try publisher.send(material.frames(marked: 3, round: 2))
        for viewer in viewers { try await viewer.wait(for: 3) }
        // A chunk that leans on nothing.
        try rude.say([0xE8])
        try await rude.seen.wait(for: "the end of a viewer that speaks no RTMP") { $0.isCut }
        try publisher.send([0xE8] as [UInt8])
        try await publisher.seen.wait(for: "the end of a publisher that speaks no RTMP") { $0.isClosed }
        try await bystander.goesOn("beside both")
        let next = try await TestPublisher.onAir(relay)
        try next.send(material.whole(marked: 4))
        for viewer in viewers {
            try await viewer.wait(for: 4)
            let state = viewer.seen.state
            #expect(!state.isCut && state.trouble == nil && state.regressions.isEmpty, "\(viewer.name): \(state)")
        }
    }

    @Test("A message that declares too much is refused before it has come", arguments: BadRTMP.refused)
    func refused(_ name: String, _ bytes: [UInt8]) async throws {
        let relay = try await RelayProcess.start()
        let socket = try Socket(to: relay.addresses["rtmp"] ?? "")
        try? socket.send(bytes)
        // No end from our side: it is the relay that closes.
        _ = try await socket.rest(within: .seconds(20))
        try await relay.program.line(containing: "connection closed")
        #expect(relay.logLines.filter { $0.contains("connection closed") }.count == 1)
    }

    @Test("Chunk sizes of 1 and of 2³¹−1 are legal", arguments: [1, Int(Int32.max)])
    func chunkSize(_ size: Int) async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.start()
        let viewer = try TestViewer.flv(relay)
        let publisher = try await TestPublisher.onAir(relay, chunkSize: size)
        try publisher.send(material.whole(marked: size & 0xFFFF))
        try await viewer.wait(for: size & 0xFFFF)
        #expect(viewer.seen.state.trouble == nil)
    }

    @Test(
        "Names that are none are refused with a sentence",
        arguments: ["", "../../etc/passwd", "%2e%2e%2fmain", "a b", "käse", String(repeating: "x", count: 900)]
    )
    func names(_ name: String) async throws {
        let relay = try await RelayProcess.start()
        let key = relay.configuration.publishKey ?? ""
        let refusal = try #require(try await TestPublisher(relay, stream: "\(name)?key=\(key)").refusal())
        #expect(refusal.description.count > 20)
        let encoded = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let answer = try await HTTP.get(relay.page("live/\(encoded).flv"))
        // A target of that length is refused before anybody looks for a name in it.
        #expect(answer.status == (name.count < 800 ? 404 : 414))
        #expect(answer.text.count > 20)
    }

    @Test("Names too long for a command end the connection")
    func longNames() async throws {
        let relay = try await RelayProcess.start()
        let name = String(repeating: "x", count: 20_000)
        #expect(try await TestPublisher(relay, stream: name).refusal() != nil)
        #expect(try await HTTP.get(relay.page("live/\(name).flv")).status == 414)
    }

    @Test("HTTP that is none, too long or not served is answered or closed")
    func http() async throws {
        let relay = try await RelayProcess.start()
        let bystander = try await Bystander(relay)
        let cases: [(String, String, String?)] = [
            ("noise", "\u{1}\u{2}\u{3}\r\n\r\n", "400"),
            ("no version", "GET /\r\n\r\n", nil),
            ("unknown path", "GET /a/b/c/d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"),
            ("dots", "GET /live/%2e%2e/main.flv HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"),
            ("bad percent", "GET /live/%zz.flv HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "40"),
            ("method", "DELETE /live/main.flv HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405"),
            ("header", "GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 300_000), nil),
            ("target", "GET /" + String(repeating: "x", count: 300_000), nil),
            (
                "body", "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + String(repeating: "x", count: 300_000),
                nil
            ),
            ("two lengths", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"),
        ]
        for (name, text, status) in cases {
            let lines = relay.logLines.count
            let socket = try Socket(to: relay.addresses["http"] ?? "")
            try? socket.send(text)
            if status == nil { socket.finish() }
            let answer = String(decoding: try await socket.rest(within: .seconds(20)), as: UTF8.self)
            if let status { #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(name): \(answer.prefix(80))") }
            try await bystander.goesOn("beside \(name)")
            #expect(relay.logLines.count <= lines + 1, "\(name)")
        }
    }

    @Test("A thousand requests in one piece are all answered")
    func pipelined() async throws {
        let relay = try await RelayProcess.start()
        let socket = try Socket(to: relay.addresses["http"] ?? "")
        let count = 1000
        let request = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        let sending = Task { try socket.send(String(repeating: request, count: count - 1)) }
        try await sending.value
        try socket.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let answer = String(decoding: try await socket.rest(within: .seconds(30)), as: UTF8.self)
        #expect(answer.components(separatedBy: "HTTP/1.1 200").count == count + 1)
    }

    @Test("Whoever does not say in time what it wants is closed, however it dribbles")
    func slow() async throws {
        let relay = try await RelayProcess.start(arguments: ["--negotiation-timeout", "700ms"])
        let bystander = try await Bystander(relay)
        for (port, opening, drop) in [
            ("http", "", "G"), ("http", "GET / HTTP/1.1\r\n", "X"),
            ("http", "POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n", "x"),
            ("rtmp", "", "\u{3}"), ("rtmp", "\u{3}", "\u{0}"),
        ] {
            let socket = try Socket(to: relay.addresses[port] ?? "")
            try socket.send(opening)
            let end = ContinuousClock.now + .seconds(20)
            var isClosed = false
            while !isClosed, ContinuousClock.now < end {
                try? socket.send(drop)
                do {
                    isClosed = try await socket.receive(within: .milliseconds(50)).isEmpty
                } catch {
                    #expect(error.isTimeout, "\(error)")
                }
            }
            #expect(isClosed, "\(port) \(opening)")
        }
        // A handshake and no word more.
        let socket = try Socket(to: relay.addresses["rtmp"] ?? "")
        try socket.send(BadRTMP.handshake)
        _ = try await socket.rest(within: .seconds(20))
        try await bystander.goesOn()
    }

    @Test("A thousand half-open connections keep no viewer from a picture and take little memory")
    func halfOpen() async throws {
        let relay = try await RelayProcess.start(arguments: ["--negotiation-timeout", "2s"])
        let bystander = try await Bystander(relay)
        let (memory, descriptors, lines) = (relay.privateMemory, relay.descriptors, relay.logLines.count)
        var sockets: [Socket] = []
        for number in 0..<1000 {
            // Those that find no place are closed, some of them while they are being opened.
            guard let socket = try? Socket(to: relay.addresses["rtmp"] ?? "") else { continue }
            try? socket.send(BadRTMP.handshake.prefix(number * 2))
            sockets.append(socket)
            if number % 250 == 0 { try await bystander.goesOn("beside \(number) half-open connections") }
        }
        try await bystander.goesOn("beside all")
        #expect(relay.descriptors - descriptors <= 2 * 1024 + 16)
        for socket in sockets { _ = try await socket.rest(within: .seconds(30)) }
        #expect(relay.privateMemory - memory < Self.growth)
        // One line for each that had a place; none for those that were turned away.
        #expect(relay.logLines.count - lines <= sockets.count + 8)
        let late = try TestViewer.flv(relay, "bystander")
        try await bystander.goesOn("after all")
        try await late.seen.wait(for: "a viewer that comes afterwards") { $0.pictures > 0 || $0.isCut }
        #expect(late.seen.state.pictures > 0)
    }

    @Test("A player that never reads is dropped after the stall time; the others notice nothing")
    func neverReads() async throws {
        var configuration = RelayConfiguration()
        configuration.stall = "1s"
        configuration.limits["send_buffer"] = "16KiB"
        let relay = try await RelayProcess.start(configuration)
        let bystander = try await Bystander(relay)
        let sleeper = try Socket(to: relay.addresses["http"] ?? "", receiveBuffer: 4096)
        try sleeper.send("GET /live/bystander.flv HTTP/1.1\r\nHost: x\r\n\r\n")
        try await relay.program.line(containing: "by=flv")
        for _ in 0..<400 where !relay.log.contains("reason=stalled") { try await bystander.goesOn("beside a sleeper") }
        try await relay.program.line(containing: "reason=stalled", within: .seconds(10))
        withExtendedLifetime(sleeper) {}
    }

    @Test("A publisher that sends nothing holds up nobody")
    func sendsNothing() async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.start()
        let viewer = try TestViewer.rtmp(relay)
        let silent = try await TestPublisher.onAir(relay)
        let health = try await relay.health(isOneOf: ["starting"])
        #expect(health.sentence.contains("neither picture nor sound"), "\(health.sentence)")
        let second = try await TestPublisher.onAir(relay)
        try second.send(material.whole(marked: 1))
        try await viewer.wait(for: 1)
        try await silent.seen.wait(for: "the silent one to be told") { $0.failure != nil }
        #expect(!viewer.seen.state.isCut)
    }
}

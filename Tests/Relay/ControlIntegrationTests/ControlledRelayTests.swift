import Contract
import Control
import Foundation
import Linux
import Testing
import Toolkit

@Suite("A relay that a host started", .serialized, .timeLimit(.minutes(3)))
struct ControlledRelayTests {
    /// An encoder at the door, until it is let go of.
    private static func publish(to address: String, key: String = "secret") throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-f", "lavfi"]
                + ["-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine"]
                + ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25"]
                + ["-c:a", "aac", "-f", "flv", "rtmp://\(address)/live/main?key=\(key)"]
        )
    }

    private static func play(_ address: String, frames: Int = 20) async throws -> Int {
        let result = try await Program.run(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-i", address, "-map", "0:v"]
                + ["-frames:v", "\(frames)", "-f", "framemd5", "-"],
            deadline: .seconds(40)
        )
        return result.outputText.split(separator: "\n").count { !$0.hasPrefix("#") }
    }

    private static func isLive(_ snapshot: RelaySnapshot) -> Bool {
        snapshot.streams.contains { $0.source != nil && !$0.tracks.isEmpty }
    }

    @Test("Carries a stream from a publisher to players over connections it was given")
    func endToEnd() async throws {
        let host = try await StandInHost.start(try StandInHost.spec())
        let (rtmp, http) = (try host.openRTMP(), try host.openHTTP())
        let publisher = try Self.publish(to: rtmp)
        let live = try await host.beats(until: Self.isLive)
        #expect(live.listeners.isEmpty)
        #expect(live.streams.first?.source?.address.hasPrefix("127.0.0.1:") == true)
        #expect(try await Self.play("http://\(http)/live/main.flv") == 20)
        #expect(try await Self.play("rtmp://\(rtmp)/live/main") == 20)
        _ = try await HTTP.get("http://\(http)/live/main.m3u8") { $0.status == 200 }
        #expect(try await Self.play("http://\(http)/live/main.m3u8") == 20)
        #expect(publisher.isRunning)

        try host.channel.send(.drain(sentence: "The room is being cleaned."))
        #expect(try await host.program.result(within: .seconds(20)).ending == .exit(0))
        #expect(host.program.said.contains("The room is being cleaned."))
    }

    @Test("Changes while it runs without disturbing anybody else")
    func reload() async throws {
        let venues = ["kyoto": "token-kyoto", "osaka": "token-osaka"]
        let host = try await StandInHost.start(try StandInHost.spec(play: .venues, venues: venues))
        let (rtmp, http) = (try host.openRTMP(), try host.openHTTP())
        let publisher = try Self.publish(to: rtmp)
        _ = try await host.beats(until: Self.isLive)
        let kyoto = try Self.watch(http, token: "token-kyoto")
        let osaka = try Self.watch(http, token: "token-osaka")
        for viewer in [kyoto, osaka] { #expect(try await !viewer.receive().isEmpty) }

        // A viewer's first bytes may reach it before it is on the list, and before they are counted.
        var before = try await host.viewers()
        while before.count < 2 || before.contains(where: { $0.bytes == 0 }) { before = try await host.viewers() }
        #expect(Set(before.map { $0.venue?.rawValue }) == ["kyoto", "osaka"])
        #expect(before.allSatisfy { $0.protocol == .flv && $0.address.hasPrefix("127.0.0.1:") && $0.bytes > 0 })

        // Another key, another tape, and no Osaka any more.
        let limits = try LimitsSpec(viewers: 5, tape: 8 << 20)
        let deferred = try await host.configure(
            try StandInHost.spec(key: "other", play: .venues, limits: limits, venues: ["kyoto": "token-kyoto"])
        )
        #expect(deferred.count == 1)
        #expect(deferred.first?.contains("limits.tape") == true)
        try await Self.expectEnd(of: osaka)
        // Its connection ends a moment before it leaves the list.
        let kept = before.filter { $0.venue?.rawValue == "kyoto" }.map(\.number)
        var left = try await host.viewers().map(\.number)
        while left.count > 1 { left = try await host.viewers().map(\.number) }
        #expect(left == kept)
        #expect(try await !kyoto.receive().isEmpty)
        #expect(publisher.isRunning)
        let live = try await host.beat()
        #expect(Self.isLive(live))

        // Orders.
        let number = try #require(try await host.viewers().first?.number)
        #expect(try await host.perform(.kick(viewer: number)) == .performed(true))
        try await Self.expectEnd(of: kyoto)
        #expect(try await host.perform(.kick(viewer: 999)) == .performed(false))
        let drop = RelayOrder.dropPublisher(try StreamName("main"), sentence: "You were dropped.")
        #expect(try await host.perform(drop) == .performed(true))
        _ = try await publisher.result(within: .seconds(20))
        #expect(try await host.perform(drop) == .performed(false))

        // The old key is none any more, the new one is.
        let refused = try Self.publish(to: rtmp)
        #expect(try await refused.result(within: .seconds(20)).ending != .exit(0))
        let admitted = try Self.publish(to: rtmp, key: "other")
        _ = try await host.beats(until: Self.isLive)
        #expect(admitted.isRunning)
    }

    private static func watch(_ http: String, token: String) throws -> Socket {
        let socket = try Socket(to: http)
        try socket.send("GET /live/main.flv?token=\(token) HTTP/1.1\r\nHost: test\r\n\r\n")
        return socket
    }

    private static func expectEnd(of socket: Socket) async throws {
        while try await !socket.receive().isEmpty {}
    }

    @Test("Gives a connection back whose next request is for somebody else")
    func returns() async throws {
        let host = try await StandInHost.start(try StandInHost.spec())
        let http = try host.openHTTP()
        let socket = try Socket(to: http)
        let own = "OPTIONS /live/main.m3u8 HTTP/1.1\r\nHost: test\r\nOrigin: http://test\r\n\r\n"
        let other = "GET /api/v1/relays?x=1 HTTP/1.1\r\nHost: test\r\nX-Odd:  spaced \r\nContent-Length: 3\r\n\r\nabc"
        // Two of its own and a third for the host, with more behind it, in one piece.
        try socket.send(own + own + other + own)
        let received = try await host.next()
        guard case .returned(let handover) = received.message else {
            Issue.record("\(received.message)")
            return
        }
        #expect(handover.stage == .http)
        #expect(String(decoding: received.payload, as: UTF8.self) == other + own)
        var answers = ""
        while answers.components(separatedBy: "HTTP/1.1 204").count < 3 {
            let bytes = try await socket.receive()
            guard !bytes.isEmpty else { break }
            answers += String(decoding: bytes, as: UTF8.self)
        }
        #expect(answers.components(separatedBy: "HTTP/1.1 204").count == 3)
        // The connection is whole: what the host writes to it arrives.
        let descriptor = try #require(received.descriptor)
        let sent = descriptor.withNumber { number in number >= 0 }
        #expect(sent)
        try Self.write("HTTP/1.1 202 Accepted\r\n\r\n", descriptor)
        #expect(String(decoding: try await socket.receive(), as: UTF8.self).contains("202"))
    }

    private static func write(_ text: String, _ held: HeldDescriptor) throws {
        guard let socket = held.take() else { return }
        _ = try TCPSocket.send(Array(text.utf8), to: socket)
    }

    @Test("Serves a connection that is a unix socket, as one behind TLS is")
    func unixSocket() async throws {
        let host = try await StandInHost.start(try StandInHost.spec())
        let pair = try TCPSocket.pair()
        let opening = Array("GET /live/ HTTP/1.1\r\nHost: test\r\n\r\n".utf8)
        let handover = Handover(stage: .http, peer: "[2001:db8::7]:55", isSecure: true)
        try host.channel.send(.connection(handover), payload: opening, descriptor: pair.first)
        var poller = try Poller.make(capacity: 1)
        try poller.add(pair.second, token: 0, for: .readable)
        var bytes = [UInt8](repeating: 0, count: 4096)
        var answer = ""
        while !answer.contains("Transponder relay") {
            switch try TCPSocket.receive(into: &bytes, from: pair.second) {
            case .transferred(let count): answer += String(decoding: bytes[..<count], as: UTF8.self)
            case .wouldBlock: _ = try poller.wait(for: .seconds(10))
            case .endOfStream:
                Issue.record("closed after \(answer)")
                return
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("Ends at once and says why when the host is gone or lies")
    func endings() async throws {
        let gone = try await StandInHost.start(try StandInHost.spec())
        gone.channel.close()
        let left = try await gone.program.result(within: .seconds(10))
        #expect(left.ending == .exit(69))
        #expect(left.errorText.contains("closed the control channel"))

        let unconfigured = try await StandInHost.start()
        try unconfigured.channel.send(.beat(1))
        let early = try await unconfigured.program.result(within: .seconds(10))
        #expect(early.ending == .exit(76))
        #expect(early.errorText.contains("before it configured the relay"))

        let pair = try TCPSocket.pair()
        let program = try Program.start(
            Checkout.product("transponder-relay"),
            ["--control", "3"],
            inheriting: pair.second.number
        )
        _ = try TCPSocket.send([UInt8](repeating: 255, count: 64), to: pair.first)
        let lied = try await program.result(within: .seconds(10))
        #expect(lied.ending == .exit(76))
        #expect(lied.errorText.contains("over the limit"))
        #expect(lied.errorText.split(separator: "\n").count == 1)
    }
}

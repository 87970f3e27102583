import Foundation
import Glibc
import Testing
import Toolkit

/// The viewer page in real browsers.
@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: Machine.runsContainers)) struct ViewerPageTests {
    private static func publish(_ host: HostUnderTest, _ path: String, size: String) throws -> Program {
        try TimedPicture.publish(to: host.rtmp("\(path)?key=\(HostUnderTest.key)"), size: size)
    }

    private static func line(to host: HostUnderTest, bits: Int) async throws -> (Program, String) {
        let script = Checkout.root.appendingPathComponent("Tests/Players/line.py").path
        let line = try Program.start("python3", [script, host.addresses["http"] ?? "", "\(bits)"])
        let said = try await line.line(containing: "listening at ")
        return (line, said.replacingOccurrences(of: "listening at ", with: "http://"))
    }

    @Test func roomsAreToldWhatIsBrokenAndPlayOn() async throws {
        let host = try await HostUnderTest.start()
        let (line, base) = try await Self.line(to: host, bits: 1_500_000)
        let rooms = try PageWatcher.browsers.map { try PageWatcher($0, "\(base)/live/main") }
        try await rooms.each { room in
            let look = try await room.wait(for: "say that nothing has begun") { $0.state == "notStarted" }
            #expect(look.sentence == "The session has not started yet. The picture will appear here by itself.")
        }

        var publisher = try Self.publish(host, "live/main", size: "640x360")
        try await rooms.each { room in
            try await room.plays(after: "the start")
            try await room.plays(3, after: "its first pictures")
            let state = room.seen.state
            for (seen, wanted) in zip(state.last?.colours ?? [], TimedPicture.colours) {
                let isAlike = zip(seen, wanted).allSatisfy { abs($0 - $1) < 40 }
                #expect(isAlike, "\(room.browser) shows \(seen) for \(wanted)")
            }
            #expect(state.last?.sentence == "")
            let latencies = state.latencies.sorted()
            let middle = latencies[latencies.count / 2]
            print("figure: \(room.browser) is \(middle) s behind the encoder (median), at most \(latencies.last ?? 0)")
            #expect(middle < 2.5, "\(room.browser)")
        }

        let victim = try await host.relayProcess()
        #expect(kill(victim, SIGKILL) == 0)
        let killed = ContinuousClock.now
        try await rooms.each { room in
            try await room.plays(after: "the end of the relay")
            print("figure: \(room.browser) plays on \(ContinuousClock.now - killed) after the end of the relay")
        }

        publisher.kill()
        let gone = ContinuousClock.now
        try await rooms.each { room in
            let look = try await room.wait(for: "say that the main venue has stopped") { $0.state == "stopped" }
            let sentence = try Regex("The main venue has stopped sending. Waiting since [0-9]{2}:[0-9]{2}.")
            #expect(try sentence.wholeMatch(in: look.sentence) != nil, "\(look.sentence)")
        }
        // The pause is part of what is tested: rooms wait through it.
        try await Task.sleep(until: gone + .seconds(20))
        publisher = try Self.publish(host, "live/main", size: "426x240")
        let back = ContinuousClock.now
        try await rooms.each { room in
            try await room.plays(1, after: "a pause of 20 s")
            try await room.wait(for: "show the other size") { $0.width == 426 && $0.state == "playing" }
            print("figure: \(room.browser) plays on \(ContinuousClock.now - back) after a pause of 20 s")
        }

        line.signal(SIGUSR1)
        try await rooms.each { room in
            let look = try await room.wait(for: "say that the relay is out of reach") { $0.state == "unreachable" }
            #expect(look.sentence.hasPrefix("The relay is not reachable from here. Check this room's network."))
        }
        line.signal(SIGHUP)
        let mended = ContinuousClock.now
        try await rooms.each { room in
            try await room.plays(after: "the line was cut")
            print("figure: \(room.browser) plays on \(ContinuousClock.now - mended) after its line is whole again")
        }

        line.signal(SIGUSR2)
        try await rooms.each { room in
            let look = try await room.wait(for: "say that its line is too slow") { $0.state == "slow" }
            let sentence = try Regex("This room's connection is too slow: [0-9.]+ of [0-9.]+ Mbit/s arriving.")
            #expect(try sentence.wholeMatch(in: look.sentence) != nil, "\(look.sentence)")
        }
        line.signal(SIGHUP)
        try await rooms.each { try await $0.plays(after: "its line was slow") }
        #expect(publisher.isRunning && line.isRunning)
    }

    /// A browser that has no MSE plays HLS by itself; what is wrong is said, and it recovers in the same way.
    @Test func whereThereIsNoMSEThePageFallsBackToHLS() async throws {
        let host = try await HostUnderTest.start()
        let script = Checkout.root.appendingPathComponent("Tests/Players/without_mse.py").path
        let proxy = try Program.start("python3", [script, host.addresses["http"] ?? ""])
        let said = try await proxy.line(containing: "listening at ")
        let base = said.replacingOccurrences(of: "listening at ", with: "http://")
        let room = try PageWatcher("webkit", "\(base)/live/main")
        try await room.wait(for: "say that nothing has begun") { $0.state == "notStarted" }
        var publisher = try Self.publish(host, "live/main", size: "640x360")
        try await room.plays(after: "the start")
        let source = "return document.getElementById('video').currentSrc"
        let page = try PageDriver("webkit")
        try await page.tell("open \(base)/live/main")
        try await page.waits(for: "return document.getElementById('video').videoWidth > 0")
        #expect(try await page.run(String.self, source) == "\(base)/live/main.m3u8")
        #expect(try await page.run(Bool.self, "return document.getElementById('latency').hidden"))
        publisher.kill()
        try await room.wait(for: "say that the main venue has stopped") { $0.state == "stopped" }
        publisher = try Self.publish(host, "live/main", size: "426x240")
        try await room.plays(1, after: "a pause", within: .seconds(60))

        // Chromium has HLS of its own, and never gets it.
        let other = try PageDriver("chromium")
        try await other.tell("open \(host.page("live/main"))")
        try await other.waits(for: "return document.documentElement.dataset.state === 'playing'")
        #expect(try await other.run(String.self, source).hasPrefix("blob:"))
        #expect(publisher.isRunning && proxy.isRunning)
    }

    @Test func keysTokensAndLanguagesAreUnderstood() async throws {
        let host = try await HostUnderTest.start([
            HostUnderTest.relay("live"),
            HostUnderTest.relay("room", "play: venues", "venues: { kyoto: { token: kyoto-secret } }"),
        ])
        let publishers = try ["live/main", "room/main"].map { try Self.publish(host, $0, size: "640x360") }
        try await host.waitForStream("live/main")
        try await host.waitForStream("room/main")

        let phone = ["--size", "390x844", "--language", "ja-JP", "--press", "sm"]
        let pressed = try PageWatcher("chromium", host.page("live/main"), phone)
        let guest = try PageWatcher("chromium", host.page("room/main.m3u8?token=kyoto-secret"))
        let stranger = try PageWatcher("chromium", host.page("room/main"))
        let forger = try PageWatcher("chromium", host.page("room/main?token=wrong"))

        let look = try await pressed.wait(for: "have its keys pressed") { !$0.figures.isEmpty && !$0.muted }
        #expect(look.language == "ja")
        #expect(look.figures.contains("avc1."), "\(look.figures)")
        try await pressed.plays(after: "its keys were pressed")
        try await guest.plays(after: "it showed its token")
        #expect(guest.seen.state.last?.address == host.page("room/main"))
        try await stranger.wait(for: "say that it has no token") { $0.state == "noToken" }
        try await forger.wait(for: "say that its token is wrong") { $0.state == "wrongToken" }
        #expect(!host.program.said.contains("kyoto-secret"))
        #expect(publishers.allSatisfy { $0.isRunning })
    }

    /// A connection that asked a relay for a playlist is given back for the page.
    @Test func oneConnectionGetsMediaAndPages() async throws {
        let host = try await HostUnderTest.start()
        let requests = ["/live/nothing.sdp", "/live/main"].map { "GET \($0) HTTP/1.1\r\nHost: test\r\n\r\n" }
        let socket = try Socket(to: host.addresses["http"] ?? "")
        let text = Observed("")
        socket.follow { bytes in text.change { $0 += String(decoding: bytes, as: UTF8.self) } }
        try socket.send(requests.joined())
        try await text.wait(for: "the page") { $0.contains("</html>") }
        #expect(text.state.hasPrefix("HTTP/1.1 404 "))
        #expect(text.state.contains("<title>main · live</title>"))
    }

    /// What is on, with the addresses of the listeners there are.
    @Test func aSessionHasAPage() async throws {
        let host = try await HostUnderTest.start()
        let before = try await HTTP.get(host.page("live/"))
        #expect(before.status == 200)
        #expect(before.text.contains(#""streams":[]"#))
        let publisher = try host.publish()
        try await host.waitForStream()
        let page = try await HTTP.get(host.page("live"), until: { $0.text.contains(#""streams":["main"]"#) })
        let port = try #require(host.addresses["rtmp"]?.split(separator: ":").last)
        #expect(page.text.contains("\"rtmp\":\(port)"))
        #expect(!page.text.contains(HostUnderTest.key))
        #expect(publisher.isRunning)
    }
}

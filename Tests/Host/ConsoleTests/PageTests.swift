import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Testing

@Suite struct PageTests {
    @Test func everythingThereIsStandsOnThePage() async throws {
        let answer = try #require(await Desk().ask(.GET, "/", at: .everybody, host: "relay.example:8080"))
        #expect(answer.headers.first(name: "Content-Type") == "text/html; charset=utf-8")
        #expect(answer.headers.first(name: "Refresh") == "5")
        #expect(answer.headers.first(name: "Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
        for piece in [
            "The relay &#39;restarting&#39; is being restarted.", "7 viewers, 3 restarts",
            "Live: 1280×720 at 30 pictures a second, with sound, 2.6 Mbit/s.", "href=\"/live/main.m3u8\"",
            "href=\"/health/live/main\"", "<code>rtmp://relay.example:1936/live/main</code>", "2.6 Mbit/s",
            "avc1.64001f + mp4a.40.2", "since 2027-01-15", "quiet", "slides",
        ] {
            #expect(answer.text.contains(piece), "\(piece)")
        }
        #expect(!answer.text.contains("<script"))
        #expect(!answer.text.contains("10.0.0.3"))
    }

    @Test func nothingFromElsewhereBecomesMarkup() async throws {
        let desk = try Desk()
        let evil = "<script>alert('1')</script>\"&"
        desk.host.change { host in
            host.version = evil
            host.configuration.problem = evil
            host.relays[2].lastEnding?.sentence = evil
            host.relays[0].snapshot?.streams[0].tracks[0].codecString = evil
        }
        let answer = try #require(await desk.ask(.GET, "/", at: .everybody, host: "evil\"><script>.example"))
        #expect(!answer.text.contains("<script"))
        #expect(!answer.text.contains("alert('1')"))
        #expect(answer.text.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"))
        #expect(answer.text.contains("rtmp://localhost:1936"))
    }

    @Test func aHostWithoutStreamsSaysHowToBegin() async throws {
        var snapshot = try Scene.host()
        snapshot.relays[0].snapshot?.streams = []
        let desk = try Desk(snapshot)
        let text = try #require(await desk.ask(.GET, "/", at: .everybody, host: "[2001:db8::1]:8080")).text
        #expect(text.contains("<code>rtmp://[2001:db8::1]:1936/live</code>"))
    }

    /// A key that was typed in the place of a stream's name is a name that nobody knows. The operator sees that somebody
    /// was refused, and enough to find a slip of the fingers.
    @Test func whatWasTypedForANameIsNotShown() async throws {
        let desk = try Desk()
        let secret = "Zq7sEcReTkEyOfAnother"
        desk.host.change { host in
            let name = try? StreamName(secret)
            guard let name else { return }
            let at = host.clock.now + .seconds(-1)
            host.relays[0].snapshot?.refusedSources[name] = SourceRefusal(
                at: at,
                reason: .noKey,
                address: "10.0.0.9:4000"
            )
        }
        desk.responder.observe()
        desk.host.viewers += [
            ViewerSnapshot(
                number: 9,
                stream: try StreamName(secret),
                protocol: .rtmp,
                address: "10.0.0.22:3000",
                venue: nil,
                since: Scene.second(60),
                bytes: 0,
                skips: 0
            )
        ]
        var seen = 0
        for address in [
            "/", "/metrics", "/health/live", "/api/v1/status", "/api/v1/relays", "/api/v1/relays/live",
            "/api/v1/relays/live/streams", "/api/v1/relays/live/viewers",
        ] {
            guard let answer = await desk.ask(.GET, address) else { continue }
            #expect(!answer.text.contains(secret), "\(address)")
            if answer.text.contains("Zq... (21 characters)") { seen += 1 }
        }
        #expect(seen >= 4)
    }
}

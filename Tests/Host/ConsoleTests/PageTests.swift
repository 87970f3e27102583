import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Testing

@Suite struct PageTests {
    /// The page itself tells nothing of the host: what there is comes by the API, to who may have it.
    @Test func theConsoleIsAPageWithoutScriptsOfItsOwn() async throws {
        let desk = try Desk()
        let page = try #require(await desk.ask(.GET, "/"))
        #expect(page.status == 200)
        #expect(page.headers.first(name: "Content-Type") == "text/html; charset=utf-8")
        let policy = try #require(page.headers.first(name: "Content-Security-Policy"))
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"))
        #expect(!page.text.contains("{{") && !page.text.contains("kyoto") && !page.text.contains("style="))
        let files = page.text.split(separator: "\"").map(String.init).filter { $0.hasPrefix("/assets/") }
        #expect(files.contains { $0.hasSuffix("/console.mjs") } && files.contains { $0.hasSuffix("/qr.mjs") })
        var bytes = page.text.utf8.count
        for file in Set(files) {
            let answer = try #require(await desk.ask(.GET, file, at: .admin))
            #expect(answer.status == 200, "\(file)")
            #expect(answer.headers.first(name: "Cache-Control") == "public, max-age=31536000, immutable")
            bytes += answer.text.utf8.count
        }
        print("figure: the console weighs \(bytes) bytes in \(Set(files).count + 1) files")
        #expect(bytes < 60_000)
        #expect(await desk.status(.GET, "/assets/0/console.mjs", at: .admin) == 404)
        #expect(await desk.status(.GET, "/", at: .everybody) == 404)
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

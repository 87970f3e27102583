import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Testing

/// How a browser comes to the console, and what a page of elsewhere cannot make of it.
@Suite struct ConsoleLoginTests {
    private static func desk() throws -> Desk {
        let desk = try Desk()
        desk.host.change { $0.admin = [ListenerSnapshot(name: "admin", address: try? ListenAddress("127.0.0.1:8081"))] }
        return desk
    }

    private static let host = "127.0.0.1:8081"
    private static let own = [("Sec-Fetch-Site", "same-origin"), ("Origin", "http://127.0.0.1:8081")]

    private static func path(_ desk: Desk) throws -> String {
        let link = try #require(desk.responder.makeLink())
        #expect(link.url.hasPrefix("http://127.0.0.1:8081/login?code="))
        return String(link.url.dropFirst("http://127.0.0.1:8081".count))
    }

    /// The `Cookie` header of a browser that a link has logged in.
    private static func cookie(_ desk: Desk) async throws -> (String, String) {
        let answer = try #require(await desk.ask(.GET, try Self.path(desk), at: .admin, host: Self.host))
        let cookie = try #require(answer.headers.first(name: "Set-Cookie"))
        return ("Cookie", String(cookie.prefix { $0 != ";" }))
    }

    @Test func aLinkLogsOneBrowserInAndLeavesTheAddressBar() async throws {
        let desk = try Self.desk()
        let path = try Self.path(desk)
        // Whoever looks at the head alone, as programs that preview links do, uses nothing up.
        #expect(await desk.status(.HEAD, path, at: .admin, host: Self.host) == 405)
        let answer = try #require(await desk.ask(.GET, path, at: .admin, host: Self.host))
        #expect(answer.status == 303)
        #expect(answer.headers.first(name: "Location") == "/")
        #expect(answer.headers.first(name: "Cache-Control")?.contains("no-store") == true)
        #expect(answer.headers.first(name: "Access-Control-Allow-Origin") == nil)
        let cookie = try #require(answer.headers.first(name: "Set-Cookie"))
        #expect(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict"))
        let shown = [("Cookie", "a=b; \(cookie.prefix { $0 != ";" })")]
        let page = try #require(await desk.ask(.GET, "/", at: .admin, host: Self.host, shown))
        #expect(page.status == 200 && page.text.contains("<h1>Transponder</h1>"))
        #expect(await desk.status(.GET, "/api/v1/status", at: .admin, host: Self.host, shown) == 200)
        #expect(await desk.status(.GET, path, at: .admin, host: Self.host) == 401)
        // Going back in the history of the browser that has it is no mistake.
        #expect(await desk.status(.GET, path, at: .admin, host: Self.host, shown) == 303)
    }

    @Test func withoutALinkThereIsNothingToSee() async throws {
        let desk = try Self.desk()
        let cookies = [[], [("Cookie", "transponder_session=")], [("Cookie", "transponder_session=secret-1")]]
        for headers in cookies {
            let page = try #require(await desk.ask(.GET, "/", at: .admin, host: Self.host, headers))
            #expect(page.status == 401 && page.text.contains("transponder console"))
            #expect(await desk.status(.GET, "/login", at: .admin, host: Self.host, headers) == 401)
        }
    }

    @Test func linksAndSessionsEnd() async throws {
        let desk = try Self.desk()
        let path = try Self.path(desk)
        let cookie = try await Self.cookie(desk)
        let clock = Scene.clock
        let later = { (time: Duration) in
            desk.host.change { $0.clock = ClockReading(now: clock.now + time, unix: clock.unix) }
        }
        later(.seconds(10 * 60))
        #expect(await desk.status(.GET, path, at: .admin, host: Self.host) == 401)
        #expect(await desk.status(.GET, "/", at: .admin, host: Self.host, [cookie]) == 200)
        later(.seconds(16 * 60 * 60))
        #expect(await desk.status(.GET, "/", at: .admin, host: Self.host, [cookie]) == 401)
    }

    /// Browsers show a cookie to every port of a host, so also to a relay that was taken over.
    @Test func aSessionIsGoodFromWhereItBeganAlone() async throws {
        let desk = try Self.desk()
        let cookie = try await Self.cookie(desk)
        for address in ["192.0.2.9:4000", "[::1]:4000", "127.0.0.2:4000", ""] {
            #expect(await desk.status(.GET, "/api/v1/status", at: .admin, from: address, [cookie]) == 401)
        }
        #expect(await desk.status(.GET, "/api/v1/status", at: .admin, from: "127.0.0.1:4", [cookie]) == 200)
        #expect(await desk.status(.GET, "/api/v1/status", at: .everybody, [cookie]) == 403)
    }

    @Test(arguments: [
        [], [("Sec-Fetch-Site", "none")], [("Sec-Fetch-Site", "same-site")], [("Origin", "http://127.0.0.1:8080")],
        [("Sec-Fetch-Site", "same-site"), ("Origin", "http://127.0.0.1:8081")],
    ])
    func buttonsArePressedByTheConsoleAlone(headers: [(String, String)]) async throws {
        let desk = try Self.desk()
        let cookie = try await Self.cookie(desk)
        for (method, uri) in AccessTests.protected where method == .POST || method == .DELETE {
            #expect(await desk.status(method, uri, at: .admin, host: Self.host, headers + [cookie]) == 403)
        }
        #expect(desk.host.orders.isEmpty)
        #expect(await desk.status(.POST, "/api/v1/reload", at: .admin, host: Self.host, Self.own + [cookie]) == 200)
    }

    @Test(arguments: ["same-site", "cross-site"])
    func otherPagesReadNothing(site: String) async throws {
        let desk = try Self.desk()
        let cookie = try await Self.cookie(desk)
        let headers = [cookie, ("Sec-Fetch-Site", site)]
        for uri in ["/", "/api/v1/status"] {
            #expect(await desk.status(.GET, uri, at: .admin, host: Self.host, headers) == 403)
        }
    }

    @Test func whoTriesCodesOrTokensIsTurnedAwayAndTheOwnerIsNot() async throws {
        let desk = try Self.desk()
        let path = try Self.path(desk)
        for number in 0..<20 {
            let isCode = number % 2 == 0
            let headers = isCode ? [] : [("Authorization", "Bearer \(number)")]
            let uri = isCode ? "/login?code=\(number)" : "/api/v1/status"
            #expect(await desk.status(.GET, uri, at: .admin, host: Self.host, headers) == 401)
        }
        for (uri, headers) in [("/login?code=x", []), ("/api/v1/status", [("Authorization", "Bearer x")])] {
            let late = try #require(await desk.ask(.GET, uri, at: .admin, host: Self.host, headers))
            #expect(late.status == 429 && late.headers.first(name: "Retry-After") != nil)
        }
        #expect(await desk.status(.GET, path, at: .admin, host: Self.host) == 303)
        let bearer = [("Authorization", "Bearer \(Desk.token)")]
        #expect(await desk.status(.GET, "/api/v1/status", at: .admin, host: Self.host, bearer) == 200)
        let clock = Scene.clock
        desk.host.change { $0.clock = ClockReading(now: clock.now + .seconds(60), unix: clock.unix) }
        #expect(await desk.status(.GET, "/login?code=x", at: .admin, host: Self.host) == 401)
        let metrics = try #require(await desk.ask(.GET, "/metrics")).text
        #expect(metrics.contains(#"transponder_api_refusals_total{reason="too_many_attempts"} 2"#))
    }

    @Test func linksAreMadeForWhoeverMayAskAndAreFew() async throws {
        let desk = try Self.desk()
        #expect(await desk.status(.POST, "/api/v1/console/links", at: .admin, host: Self.host) == 401)
        let first = try Self.path(desk)
        for _ in 0..<16 {
            let answer = try #require(await desk.ask(.POST, "/api/v1/console/links"))
            #expect(answer.status == 201)
            #expect(try answer.json(ConsoleLink.self).url.hasPrefix("http://127.0.0.1:8081/login?code="))
        }
        #expect(await desk.status(.GET, first, at: .admin, host: Self.host) == 401)
        #expect(await desk.status(.GET, "/login?code=x") == 404)
    }

    @Test func whereTheConsoleIsOffThereIsNoLink() async throws {
        let desk = try Desk()
        #expect(desk.responder.makeLink() == nil)
        #expect(await desk.status(.POST, "/api/v1/console/links") == 404)
        let here = try #require(await desk.ask(.GET, "/api/v1/status", at: .everybody))
        #expect(here.text.contains("listen.admin, which would have it, is off"))
    }

    @Test(arguments: [
        ("0.0.0.0:81", "http://10.0.0.2:81/"), ("[::]:81", "http://10.0.0.2:81/"), ("[::1]:81", "http://[::1]:81/"),
    ])
    func aLinkNamesAnAddressThatIsReached(listening: String, start: String) async throws {
        let desk = try Desk()
        desk.host.change { $0.admin = [ListenerSnapshot(name: "admin", address: try? ListenAddress(listening))] }
        #expect(desk.responder.makeLink(machine: "10.0.0.2")?.url.hasPrefix(start) == true)
        #expect(desk.responder.makeLink()?.url.hasPrefix("http://") == true)
    }
}

import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Testing

@Suite struct AccessTests {
    static let protected: [(HTTPMethod, String)] = [
        (.GET, "/api/v1/status"), (.HEAD, "/api/v1/status"), (.GET, "/api/v1/relays"), (.GET, "/api/v1/relays/live"),
        (.GET, "/api/v1/relays/live/streams"), (.GET, "/api/v1/relays/live/streams/main"),
        (.GET, "/api/v1/relays/live/viewers"), (.DELETE, "/api/v1/relays/live/viewers/7"),
        (.DELETE, "/api/v1/relays/live/streams/main/publisher"), (.POST, "/api/v1/relays/live/replace"),
        (.POST, "/api/v1/reload"),
    ]

    private static let bearer = ("Authorization", "Bearer \(Desk.token)")

    @Test(arguments: protected, ["127.0.0.1:50000", "[::1]:50000", "192.0.2.7:1234"])
    func theTokenIsNeededWhereverOneComesFrom(order: (HTTPMethod, String), address: String) async throws {
        let desk = try Desk()
        let (method, uri) = order
        let refused = try #require(await desk.ask(method, uri, at: .admin, from: address))
        #expect(refused.status == 401)
        #expect(refused.headers.first(name: "WWW-Authenticate")?.hasPrefix("Bearer") == true)
        for header in ["Bearer wrong", "Basic dTpw"] {
            #expect(await desk.status(method, uri, at: .admin, from: address, [("Authorization", header)]) == 401)
        }
        #expect(desk.host.orders.isEmpty)
        for header in [Self.bearer, ("authorization", "bEARER  \(Desk.token)")] {
            #expect((200...299).contains(await desk.status(method, uri, at: .admin, from: address, [header])))
        }
    }

    @Test(arguments: protected)
    func whatIsForEverybodyHasNoAPI(method: HTTPMethod, uri: String) async throws {
        let desk = try Desk()
        desk.host.change { $0.admin = [Self.listener("127.0.0.1:8081")] }
        for headers in [[], [Self.bearer]] {
            let here = try #require(await desk.ask(method, uri, at: .everybody, headers))
            #expect(here.status == 403)
            #expect(here.text.contains("It is at http://127.0.0.1:8081/api/v1/"))
            // Where the console is concerns nobody else.
            for address in ["192.0.2.7:1234", ""] {
                let elsewhere = try #require(await desk.ask(method, uri, at: .everybody, from: address, headers))
                #expect(elsewhere.status == 403 && !elsewhere.text.contains("8081"))
            }
        }
        #expect(desk.host.orders.isEmpty)
    }

    private static func listener(_ address: String) -> ListenerSnapshot {
        ListenerSnapshot(name: "admin", address: try? ListenAddress(address))
    }

    @Test(arguments: ["/api", "/api/v1/openapi.json", "/api/v1/nothing", "/api/x/../v1/status", "/x/../api/v1/status"])
    func nothingOfTheAPIIsForEverybody(uri: String) async throws {
        #expect(try await Desk().status(.GET, uri, at: .everybody, [Self.bearer]) == 403)
    }

    @Test(arguments: ["/live/main.m3u8", "/live/", "/live"])
    func relaysAreNotServedBesideTheConsole(uri: String) async throws {
        let desk = try Desk()
        #expect(await desk.ask(.GET, uri, at: .everybody) == nil)
        for entrance in [Caller.Entrance.admin, .local(isOwner: true)] {
            #expect(await desk.status(.GET, uri, at: entrance, [Self.bearer]) == 404)
        }
    }

    @Test func atTheUnixSocketTheOwnerNeedsNoToken() async throws {
        for (method, uri) in Self.protected {
            let desk = try Desk()
            #expect((200...299).contains(await desk.status(method, uri)), "\(method) \(uri)")
            let other = try #require(await desk.ask(method, uri, at: .local(isOwner: false)))
            #expect(other.status == 403 && (other.body.isEmpty || other.text.contains("not_owner")))
        }
    }

    @Test func twoHostHeadersAreNoRequest() async throws {
        #expect(try await Desk().status(.GET, "/api/v1/status", [("Host", "127.0.0.1")]) == 400)
    }

    @Test(arguments: [
        [("Origin", "https://evil.example")], [("Origin", "null")], [("Origin", "http://127.0.0.1:9999")],
        [("Origin", "127.0.0.1:8080")], [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
        [("Origin", "http://127.0.0.1:8080"), ("Origin", "https://evil.example")],
        [("Origin", "http://127.0.0.1:8080"), ("Sec-Fetch-Site", "cross-site")],
    ])
    func pagesOfOtherSitesChangeNothing(headers: [(String, String)]) async throws {
        let desk = try Desk()
        for (method, uri) in Self.protected where method == .POST || method == .DELETE {
            #expect(await desk.status(method, uri, headers) == 403)
            #expect(await desk.status(method, uri, at: .admin, headers + [Self.bearer]) == 403)
        }
        #expect(desk.host.orders.isEmpty)
    }

    @Test(arguments: [
        [("Origin", "http://127.0.0.1:8080")],
        [("Origin", "https://127.0.0.1:8080"), ("Sec-Fetch-Site", "same-origin")],
        [("Sec-Fetch-Site", "none")],
    ])
    func ownPagesMay(headers: [(String, String)]) async throws {
        #expect(try await Desk().status(.POST, "/api/v1/reload", headers) == 200)
    }

    @Test func pagesOfOtherSitesReadHealthAndNothingElse() async throws {
        let desk = try Desk()
        for uri in ["/livez", "/readyz", "/health", "/health/live", "/health/live/main", "/api/v1/openapi.json"] {
            let answer = try #require(await desk.ask(.GET, uri))
            #expect(answer.headers.first(name: "Access-Control-Allow-Origin") == "*", "\(uri)")
        }
        for (method, uri) in Self.protected + [(.GET, "/"), (.GET, "/api/v1/nothing")] {
            let answer = try #require(await desk.ask(method, uri))
            #expect(answer.headers.first(name: "Access-Control-Allow-Origin") == nil, "\(uri)")
            let preflight = await desk.ask(.OPTIONS, uri, [("Origin", "https://evil.example")])
            guard uri.hasPrefix("/api") else { continue }
            #expect(preflight?.headers.first(name: "Access-Control-Allow-Origin") == nil, "\(uri)")
            #expect(preflight?.headers.first(name: "Access-Control-Allow-Methods") == nil, "\(uri)")
        }
    }

    @Test func withoutATokenNoneIsRight() async throws {
        let desk = try Desk(hasToken: false)
        for text in ["", Desk.token] {
            #expect(await desk.status(.GET, "/api/v1/status", at: .admin, [("Authorization", "Bearer \(text)")]) == 401)
        }
    }

    @Test func healthNeedsNoToken() async throws {
        let desk = try Desk()
        for uri in ["/livez", "/health/live/main", "/metrics"] {
            for entrance in [Caller.Entrance.everybody, .admin, .local(isOwner: false)] {
                let status = await desk.status(.GET, uri, at: entrance, from: "192.0.2.1:5", host: "relay.example")
                #expect(status == 200, "\(uri)")
            }
        }
    }

    @Test func refusalsAreCountedAndTheTokenIsNeverTold() async throws {
        let desk = try Desk()
        var told = ""
        for headers in [[], [("Authorization", "Bearer nearly-\(Desk.token)")]] {
            told += await desk.ask(.GET, "/api/v1/status", at: .admin, from: "192.0.2.1:5", headers)?.text ?? ""
        }
        told += await desk.ask(.GET, "/login?code=x", at: .admin)?.text ?? ""
        told += await desk.ask(.GET, "/api/v1/status", at: .everybody)?.text ?? ""
        told += await desk.ask(.GET, "/api/v1/status", at: .local(isOwner: false))?.text ?? ""
        told += await desk.ask(.POST, "/api/v1/reload", [("Origin", "null")])?.text ?? ""
        let metrics = try #require(await desk.ask(.GET, "/metrics")).text
        #expect(metrics.contains(#"transponder_api_refusals_total{reason="token_missing"} 1"#))
        #expect(metrics.contains(#"transponder_api_refusals_total{reason="token_wrong"} 1"#))
        for reason in ["cross_site", "code_wrong", "not_served_here", "not_owner"] {
            #expect(metrics.contains("transponder_api_refusals_total{reason=\"\(reason)\"} 1"), "\(reason)")
        }
        told += "\(desk.responder)" + metrics
        #expect(!told.contains(Desk.token))
    }

    /// Strangers read these: no address of an encoder or a camera, no key, no line of the configuration.
    @Test func nothingForEverybodyTellsAddressesOrKeys() async throws {
        let places = [
            "/", "/livez", "/readyz", "/metrics", "/health", "/health/live", "/health/live/main", "/health/quiet",
            "/health/quiet/main", "/health/restarting", "/health/none", "/api/v1/openapi.json", "/api/v1/status",
        ]
        for (what, change) in try Self.secretScenes() {
            let desk = try Desk()
            desk.host.change(change)
            desk.responder.observe()
            for place in places {
                let text = try #require(await desk.ask(.GET, place, at: .everybody, from: "192.0.2.9:1")).text
                for secret in ["10.0.0.", "192.0.2.5", "SECRET", "/etc/"] {
                    #expect(!text.contains(secret), "\(what): \(place) tells \(secret)")
                }
            }
            // The operator is told all the same.
            #expect(try #require(await desk.ask(.GET, "/api/v1/status")).text.contains("10.0.0."), "\(what)")
        }
    }

    private static func secretScenes() throws -> [(String, @Sendable (inout HostSnapshot) -> Void)] {
        let main = try StreamName("main")
        let refusal = SourceRefusal(at: Scene.second(99), reason: .wrongKey, address: "10.0.0.9:4000")
        let loss = SourceLoss(at: Scene.second(99), cause: .disconnected, source: Scene.source())
        return [
            ("live", { _ in }),
            (
                "lost",
                {
                    $0.relays[0].snapshot?.streams[0].source = nil; $0.relays[0].snapshot?.streams[0].loss = loss
                }
            ),
            ("silent", { $0.relays[0].snapshot?.streams[0].source?.lastHeard = Scene.second(80) }),
            ("without a picture", { $0.relays[0].snapshot?.streams[0].tracks = [] }),
            ("refused", { $0.relays[1].snapshot?.refusedSources[main] = refusal }),
            ("refused beside", { $0.relays[0].snapshot?.streams[0].refusal = refusal }),
            (
                "dead",
                {
                    $0.relays[0].snapshot?.streams = []; $0.relays[0].instance = nil
                }
            ),
            ("called", { $0.relays[1].declaredSources[main] = "a call to 10.0.0.77:9000 by SRT" }),
            ("misconfigured", { $0.configuration.problem = "/etc/transponder.yaml:3: 10.0.0.8: SECRET" }),
            (
                "deferred",
                {
                    $0.relays[0].deferred = ["srt on 10.0.0.1:9"]; $0.relays[0].problems = ["no 10.0.0.2:5"]
                }
            ),
        ]
    }
}

import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Testing

@Suite struct ApiTests {
    @Test func statusTellsEverything() async throws {
        let view = try #require(await Desk().ask(.GET, "/api/v1/status")).json(HostView.self)
        #expect(view.version == "9.9.9")
        #expect(view.pid == 4242)
        #expect(view.isolation == "runc")
        #expect(!view.ready)
        #expect(view.sentence.contains("restarting"))
        #expect(view.listeners.map(\.address) == ["0.0.0.0:1936", "0.0.0.0:8080"])
        #expect(view.frontDoor.refusals["too_slow"] == 2)
        #expect(view.frontDoor.refusals["tls"] == 0)
        #expect(view.now == "2027-01-15T08:00:00.000Z")
        #expect(view.startedAt == "2027-01-15T07:58:21.000Z")
        #expect(view.relays.map(\.name) == ["live", "quiet", "restarting"])
        let live = try #require(view.relays.first)
        #expect(live.restarts == 3)
        #expect(live.restartsByCause["signal"] == 2)
        #expect(live.instance?.startSeconds == 0.14)
        #expect(live.viewers == 7)
        #expect(live.bitrate == 2_628_000)
        #expect(live.lastEnding?.sentence == "killed by signal 9")
        let main = try #require(live.streams.first)
        #expect(main.state == "live")
        #expect(main.source?.address == "10.0.0.3:50123")
        #expect(main.keyframeInterval == 2)
        #expect(main.lastLoss?.cause == "disconnected")
        #expect(main.lastRefusal?.reason == "wrong_key")
        #expect(main.outputs["hls_ts"]?.viewers == 4)
    }

    @Test func declaredStreamsAreListedBeforeAnybodyPublishes() async throws {
        let list = try #require(await Desk().ask(.GET, "/api/v1/relays/quiet/streams")).json(StreamList.self)
        #expect(list.streams.map(\.stream) == ["main", "slides"])
        #expect(list.streams.map(\.state) == ["waiting", "waiting"])
        #expect(list.streams[0].sentence.contains("rtmp://HOST:1936/quiet"))
    }

    @Test func viewersAreListedAndFiltered() async throws {
        let desk = try Desk()
        let all = try #require(await desk.ask(.GET, "/api/v1/relays/live/viewers")).json(ViewerList.self)
        #expect(all.viewers.map(\.number) == [7, 8])
        #expect(all.viewers[0].venue == "kyoto")
        let some = try #require(await desk.ask(.GET, "/api/v1/relays/live/viewers?stream=slides")).json(ViewerList.self)
        #expect(some.viewers.map(\.number) == [8])
    }

    @Test func ordersReachTheHost() async throws {
        let desk = try Desk()
        #expect(await desk.status(.DELETE, "/api/v1/relays/live/viewers/7") == 204)
        #expect(await desk.status(.DELETE, "/api/v1/relays/live/streams/main/publisher") == 204)
        #expect(await desk.status(.POST, "/api/v1/relays/live/replace") == 202)
        let reload = try #require(await desk.ask(.POST, "/api/v1/reload")).json(ReloadView.self)
        #expect(reload.added == ["extra"])
        #expect(reload.deferred == ["listen.rtmp waits for the next start."])
        #expect(desk.host.orders == ["kick live 7", "drop live/main", "replace live", "reload"])
    }

    @Test(arguments: [
        (HTTPMethod.GET, "/api", 404, "unknown_address"), (.GET, "/api/", 404, "unknown_address"),
        (.GET, "/api/v2/status", 404, "unknown_address"), (.GET, "/api/v1/nothing", 404, "unknown_address"),
        (.GET, "/api/v1/status/more", 404, "unknown_address"), (.GET, "/api/v1/relays/none", 404, "unknown_relay"),
        (.GET, "/api/v1/relays/b%C3%A4d", 404, "unknown_relay"), (.GET, "/api/v1/relays/%zz", 400, "bad_request"),
        (.GET, "/api/v1/relays/live/other", 404, "unknown_address"),
        (.GET, "/api/v1/relays/quiet/streams/none", 404, "unknown_stream"),
        (.GET, "/api/v1/relays/quiet/streams/a.flv", 404, "unknown_stream"),
        (.GET, "/api/v1/relays/none/viewers", 404, "unknown_relay"),
        (.DELETE, "/api/v1/relays/live/viewers/99", 404, "unknown_viewer"),
        (.DELETE, "/api/v1/relays/live/viewers/-1", 404, "unknown_viewer"),
        (.DELETE, "/api/v1/relays/live/viewers/99999999999999999999", 404, "unknown_viewer"),
        (.DELETE, "/api/v1/relays/quiet/streams/main/publisher", 404, "no_publisher"),
        (.DELETE, "/api/v1/relays/quiet/streams/none/publisher", 404, "unknown_stream"),
        (.POST, "/api/v1/relays/none/replace", 404, "unknown_relay"),
        (.POST, "/api/v1/status", 405, "method_not_allowed"), (.GET, "/api/v1/reload", 405, "method_not_allowed"),
        (.HEAD, "/api/v1/reload", 405, "method_not_allowed"), (.PUT, "/api/v1/relays", 405, "method_not_allowed"),
        (.DELETE, "/api/v1/relays/live", 405, "method_not_allowed"),
    ])
    func problemsHaveACodeAndASentence(method: HTTPMethod, uri: String, status: Int, code: String) async throws {
        let answer = try #require(await Desk().ask(method, uri))
        #expect(answer.status == status)
        #expect(answer.headers.first(name: "Content-Type") == "application/problem+json")
        let problem = try answer.json(ProblemDetails.self)
        #expect(problem.code == code)
        #expect(problem.status == status)
        #expect(problem.type == "about:blank")
        #expect(!problem.title.isEmpty && problem.detail.hasSuffix(".") || problem.detail.contains("lists"))
        #expect((answer.headers.first(name: "Allow") != nil) == (status == 405))
    }

    @Test(arguments: ApiProblem.Code.allCases)
    func whatTheHostCannotDoIsTold(code: ApiProblem.Code) async throws {
        let desk = try Desk()
        desk.host.problem = ApiProblem(code, "It could not be done.", cause: "connect: nobody there")
        for (method, uri) in AccessTests.protected
        where method == .POST || method == .DELETE || uri.hasSuffix("viewers") {
            let answer = try #require(await desk.ask(method, uri))
            #expect(answer.status == code.httpStatus)
            let problem = try answer.json(ProblemDetails.self)
            #expect(problem.code == code.rawValue)
            #expect(problem.detail == "It could not be done.")
            #expect(problem.cause == "connect: nobody there")
        }
    }

    @Test func optionsSayWhatMayBeAsked() async throws {
        let desk = try Desk()
        let expected = [
            "/api/v1/status": "GET, HEAD, OPTIONS", "/api/v1/reload": "POST, OPTIONS",
            "/api/v1/relays/live/viewers/7": "DELETE, OPTIONS",
        ]
        for (uri, allow) in expected {
            let answer = try #require(await desk.ask(.OPTIONS, uri))
            #expect(answer.status == 204)
            #expect(answer.headers.first(name: "Allow") == allow)
        }
    }

    @Test func howItStandsWithARelayIsSaidInBothLanguages() async throws {
        let desk = try Desk()
        let live = try #require(await desk.ask(.GET, "/api/v1/relays/live")).json(RelayView.self)
        #expect(live.health?.state == "serving" && live.health?.sentence == live.sentence && live.health?.reason == nil)
        let other = try #require(await desk.ask(.GET, "/api/v1/relays/restarting")).json(RelayView.self)
        #expect(other.health?.state == "restarting" && other.health?.reason == "out_of_memory")
        #expect(other.health?.since == other.since)
        #expect(
            other.health?.japanese == "リレー「restarting」を再起動しています。直前のインスタンスが終了した原因は、メモリ上限の超過です。"
        )
    }

    /// All that is wrong with a stream, the worst first, and how its rooms and destinations are.
    @Test func whatIsWrongWithAStreamIsSaidInBothLanguages() async throws {
        let desk = try Desk()
        let refusal = SourceRefusal(at: Scene.second(99), reason: .wrongKey, address: "10.0.0.9:4000")
        desk.host.change { host in
            host.relays[0].throttling = Throttling(recent: 0.5, highest: 0.5)
            host.relays[0].snapshot?.streams[0].refusal = refusal
        }
        desk.responder.observe()
        let relay = try #require(await desk.ask(.GET, "/api/v1/relays/live")).json(RelayView.self)
        let stream = try #require(relay.streams.first)
        let findings = try #require(stream.findings)
        #expect(stream.state == "degraded" && stream.faults == findings.map(\.fault))
        #expect(findings.map(\.fault) == ["relay_overloaded", "publisher_refused"])
        #expect(findings.first?.sentence == stream.sentence && findings.first?.japanese == stream.japanese)
        #expect(findings.last?.sentence.hasPrefix("Another encoder at 10.0.0.9 was refused 1 s ago") == true)
        #expect(findings.last?.japanese.hasPrefix("1秒前に別のエンコーダー(10.0.0.9)の接続を断りました。") == true)
        #expect(findings.last?.since == relay.streams.first?.findings?.first?.since)
        let venues = try #require(relay.venues)
        #expect(venues.map(\.reason) == ["late", "unseen"])
        #expect(venues.allSatisfy { $0.japanese?.hasSuffix("。") == true })
        let destinations = try #require(relay.destinations)
        #expect(!destinations.isEmpty && destinations.allSatisfy { $0.japanese?.hasSuffix("。") == true })
        // Strangers are told no addresses.
        let health = try #require(await desk.ask(.GET, "/health/live/main"))
        #expect(health.text.contains("別のエンコーダーの接続を断りました。") && !health.text.contains("10.0.0."))
    }

    @Test func numbersJSONCannotWriteAreNotWritten() async throws {
        let desk = try Desk()
        desk.host.change { $0.relays[0].snapshot?.streams[0].tracks[0].bitrate = .nan }
        desk.host.change { $0.relays[0].snapshot?.streams[0].tracks[0].frameRate = .infinity }
        let view = try #require(await desk.ask(.GET, "/api/v1/relays/live")).json(RelayView.self)
        #expect(view.streams[0].fps == 0)
    }

    @Test func addressesOfRelaysAreTheRelays() async throws {
        let desk = try Desk()
        for uri in ["/live", "/live/", "/live/main.m3u8?token=x", "/restarting/main.flv"] {
            #expect(await desk.ask(.GET, uri, at: .everybody) == nil, "\(uri)")
        }
        let unknown = try #require(await desk.ask(.GET, "/none/main.flv", at: .everybody))
        #expect(unknown.status == 404)
        #expect(unknown.text == "There is no relay 'none' here. There are 'live', 'quiet' and 'restarting'.\n")
    }
}

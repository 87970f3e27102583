import Console
import Contract
import NIOHTTP1
import Testing

@Suite struct HealthAddressTests {
    private struct Report: Decodable {
        var state: String
        var sentence: String
        var source: Source?

        struct Source: Decodable { var `protocol`: String }
    }

    @Test func theHostLivesWhateverItsRelaysDo() async throws {
        let desk = try Desk()
        #expect(await desk.status(.GET, "/livez") == 200)
        desk.host.change { $0.relays = [] }
        #expect(await desk.status(.GET, "/livez") == 200)
        desk.host.change { $0.isDraining = true }
        #expect(await desk.status(.GET, "/livez") == 200)
        desk.host.change { $0.loops = [LoopSnapshot(name: "door", lastTick: Scene.second(90))] }
        let stuck = try #require(await desk.ask(.GET, "/livez"))
        #expect(stuck.status == 503)
        #expect(stuck.text == "The loop 'door' has not come round for 10 s: restart the host.\n")
    }

    @Test func readyMeansPortsAndEveryRelay() async throws {
        let desk = try Desk()
        let waiting = try #require(await desk.ask(.GET, "/readyz"))
        #expect(waiting.status == 503)
        #expect(
            waiting.text
                == "The relay 'restarting' is being restarted. The last instance ended 2 s ago: it went over its memory "
                + "limit.\n"
        )
        desk.host.change { $0.relays[2].state = .ready }
        #expect(await desk.status(.GET, "/readyz") == 200)
        desk.host.change { $0.relays[2].state = .replacing }
        #expect(await desk.status(.GET, "/readyz") == 200)
        for state in [RelayState.starting, .configuring, .backingOff, .draining] {
            desk.host.change { $0.relays[2].state = state }
            #expect(await desk.status(.GET, "/readyz") == 503, "\(state)")
        }
        desk.host.change { $0.relays[2].state = .stopped }
        desk.host.change { $0.listeners[1].address = nil }
        #expect(await desk.ask(.GET, "/readyz")?.text == "The http port is not open yet.\n")
        desk.host.change { $0.isDraining = true }
        #expect(await desk.ask(.GET, "/readyz")?.text == "The host is ending and takes no new connections.\n")
    }

    @Test func aPublisherThatWasNotLetOnAirIsTheReason() async throws {
        let desk = try Desk()
        let slides = try StreamName("slides")
        let refusal = SourceRefusal(at: Scene.second(99), reason: .wrongKey, address: "10.0.0.9:4000")
        desk.host.change { $0.relays[1].snapshot?.refusedSources[slides] = refusal }
        let answer = try #require(await desk.ask(.GET, "/health/quiet/slides"))
        #expect(answer.status == 503)
        #expect(try answer.json(Report.self).sentence.contains("its key is wrong"))
        #expect(try #require(await desk.ask(.GET, "/health/quiet/main")).json(Report.self).state == "waiting")
    }

    @Test func aStreamOnAirIsReportedAsByTheRelay() async throws {
        let answer = try #require(await Desk().ask(.GET, "/health/live/main"))
        #expect(answer.status == 200)
        let report = try answer.json(Report.self)
        #expect(report.state == "live")
        #expect(report.sentence == "Live: 1280×720 at 30 pictures a second, with sound, 2.6 Mbit/s.")
        #expect(report.source?.protocol == "rtmp")
        #expect(!answer.text.contains("10.0.0.3"))
    }

    @Test func aRelayThatDoesNotServeSaysSo() async throws {
        let desk = try Desk()
        for uri in ["/health/restarting", "/health/restarting/main", "/health"] {
            let answer = try #require(await desk.ask(.GET, uri))
            #expect(answer.status == 503, "\(uri)")
            #expect(answer.text.contains("is being restarted. The last instance ended 2 s ago"), "\(uri)")
        }
        #expect(try #require(await desk.ask(.GET, "/health/restarting/main")).json(Report.self).state == "stale")
    }

    @Test func streamsThatMayBePublishedWaitAndOthersAreUnknown() async throws {
        let desk = try Desk()
        let declared = try #require(await desk.ask(.GET, "/health/quiet/main"))
        #expect(declared.status == 503)
        #expect(try declared.json(Report.self).state == "waiting")
        #expect(await desk.status(.GET, "/health/live/anything") == 503)
        #expect(await desk.status(.GET, "/health/quiet/anything") == 404)
        #expect(await desk.status(.GET, "/health/none/main") == 404)
        #expect(await desk.status(.GET, "/health/live/a/b") == 404)
    }

    @Test func relaysAnswerForTheirStreams() async throws {
        let desk = try Desk()
        let live = try #require(await desk.ask(.GET, "/health/live"))
        #expect(live.status == 200)
        #expect(live.text.hasPrefix("The relay 'live' takes connections.\nlive/main live: Live: 1280×720"))
        desk.host.change { $0.relays[0].snapshot?.streams = [] }
        #expect(await desk.status(.GET, "/health/live") == 200)
    }

    /// A fresh instance counts from zero: what the old one was used to must not be held against it.
    @Test func aFreshInstanceIsJudgedAfresh() async throws {
        let desk = try Desk()
        desk.host.change { $0.relays[0].snapshot?.streams[0].counters.takeovers = 500 }
        desk.responder.observe()
        desk.host.change { host in
            host.relays[0].instance?.id = "transponder-live-00000003"
            host.relays[0].snapshot?.streams[0].counters.takeovers = 600
        }
        desk.responder.observe()
        #expect(try #require(await desk.ask(.GET, "/health/live/main")).json(Report.self).state == "live")
    }

    @Test(arguments: ["/livez", "/readyz", "/metrics", "/health", "/health/live", "/health/live/main", "/"])
    func onlyReading(uri: String) async throws {
        let desk = try Desk()
        let answer = try #require(await desk.ask(.POST, uri))
        #expect(answer.status == 405)
        #expect(answer.headers.first(name: "Allow") == "GET, HEAD, OPTIONS")
        #expect(await desk.status(.HEAD, uri) == desk.status(.GET, uri))
        #expect(await desk.status(.OPTIONS, uri) == 204)
    }
}

import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Testing

@Suite struct HealthAddressTests {
    private struct Report: Decodable {
        var state: String
        var sentence: String
        var japanese: String
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
        // One that has served until just now is back before the front door gives up who waits for it.
        desk.host.change { host in
            host.relays[2].servedAt = Scene.second(98)
            host.relays[2].retryAt = Scene.second(101)
        }
        for state in [RelayState.starting, .configuring, .backingOff] {
            desk.host.change { $0.relays[2].state = state }
            #expect(await desk.status(.GET, "/readyz") == 200, "\(state)")
            #expect(await desk.status(.GET, "/health") == 503, "\(state)")
            #expect(await desk.status(.GET, "/health/restarting") == 503, "\(state)")
        }
        desk.host.change { $0.relays[2].retryAt = Scene.second(105) }
        #expect(await desk.status(.GET, "/readyz") == 503)
        desk.host.change { host in
            host.relays[2].retryAt = Scene.second(101)
            host.relays[2].servedAt = Scene.second(94)
        }
        for state in [RelayState.starting, .configuring, .backingOff, .ready] {
            desk.host.change { $0.relays[2].state = state }
            #expect(await desk.status(.GET, "/readyz") == 503, "\(state)")
        }
        desk.host.change { $0.relays[2].state = .stopped }
        desk.host.change { $0.listeners[1].address = nil }
        #expect(await desk.ask(.GET, "/readyz")?.text == "The http port is not open yet.\n")
        desk.host.change { $0.isDraining = true }
        #expect(await desk.ask(.GET, "/readyz")?.text == "The host is ending and takes no new connections.\n")
    }

    @Test func aCertificateThatEndsIsSaid() async throws {
        let desk = try Desk()
        desk.host.change { $0.relays[2].state = .ready }
        #expect(await desk.ask(.GET, "/health")?.text.contains("certificate") == false)
        desk.host.change { $0.door.certificateExpires = 1_800_000_000 + 9 * 86_400 }
        let soon = try #require(await desk.ask(.GET, "/health"))
        #expect(soon.status == 200)
        #expect(soon.text.contains("\nThe TLS certificate expires in 9 days: renew it."))
        #expect(await desk.ask(.GET, "/api/v1/status")?.text.contains("expires in 9 days") == true)
        desk.host.change { $0.door.certificateExpires = 1_800_000_000 - 86_400 }
        let over = try #require(await desk.ask(.GET, "/health"))
        #expect(over.status == 503)
        #expect(over.text.hasPrefix("The TLS certificate expired 24 h ago"))
        // Those who come without TLS are served all the same.
        #expect(await desk.status(.GET, "/readyz") == 200)
        #expect(await desk.status(.GET, "/livez") == 200)
    }

    /// What a relay told a while ago is not what is: the host's own clock says how old it is.
    @Test func aRelayThatHasStoppedReportingIsNotLive() async throws {
        let desk = try Desk()
        #expect(await desk.status(.GET, "/health/live/main") == 200)
        desk.host.change { $0.relays[0].heardAt = Scene.second(97) }
        let answer = try #require(await desk.ask(.GET, "/health/live/main"))
        #expect(answer.status == 503)
        let report = try answer.json(Report.self)
        #expect(report.state == "stale")
        #expect(
            report.sentence == "The relay 'live' has not reported for 3 s, so nobody knows how its streams are; it is "
                + "replaced if it stays silent."
        )
        #expect(report.japanese.hasPrefix("リレー「live」から3秒間応答がなく、配信の状態がわかりません。"))
        #expect(await desk.ask(.GET, "/metrics")?.text.contains(Self.series("stale", 1)) == true)
    }

    /// Also where nobody is missed at it.
    @Test func aRelayThatDoesNotReportIsNotWell() async throws {
        let desk = try Desk()
        desk.host.change { $0.relays[2].state = .ready }
        desk.host.change { $0.relays[2].heardAt = Scene.second(99) }
        for place in ["/health", "/health/restarting", "/readyz"] { #expect(await desk.status(.GET, place) == 200) }
        desk.host.change { $0.relays[2].heardAt = Scene.second(97) }
        let sentence = "The relay 'restarting' has not reported for 3 s, so nobody knows how its streams are"
        for place in ["/health", "/health/restarting"] {
            let answer = try #require(await desk.ask(.GET, place))
            #expect(answer.status == 503 && answer.text.hasPrefix(sentence), "\(place): \(answer.text)")
        }
        let series = "transponder_relay_health{relay=\"restarting\",state=\"silent\"} 1\n"
        #expect(await desk.ask(.GET, "/metrics")?.text.contains(series) == true)
        // Connections are taken: that is another question.
        #expect(await desk.status(.GET, "/readyz") == 200)
    }

    private static func series(_ state: String, _ value: Int) -> String {
        "transponder_stream_state{relay=\"live\",stream=\"main\",state=\"\(state)\"} \(value)\n"
    }

    @Test func whoWasOnAirBeforeADeathIsMissed() async throws {
        let desk = try Desk()
        let snapshot = desk.host.snapshot().relays[0].snapshot
        desk.host.change { host in
            host.relays[0].state = .starting
            host.relays[0].snapshot = nil
            host.relays[0].instance = nil
        }
        desk.responder.observe()
        #expect(await desk.ask(.GET, "/metrics")?.text.contains(Self.series("stale", 1)) == true)
        #expect(await desk.ask(.GET, "/health/live")?.text.contains("live/main stale: ") == true)
        desk.host.change { host in
            host.relays[0].state = .ready
            host.relays[0].instance = InstanceStatus(id: "transponder-live-00000003", startedAt: Scene.now)
            host.relays[0].snapshot = snapshot
            host.relays[0].snapshot?.streams = []
        }
        desk.responder.observe()
        let answer = try #require(await desk.ask(.GET, "/health/live/main"))
        #expect(answer.status == 503)
        let report = try answer.json(Report.self)
        #expect(report.state == "stale")
        #expect(report.sentence.hasPrefix("The relay was restarted just now, and the encoder has not come back since:"))
        #expect(report.japanese.hasPrefix("リレーはたった今、再起動しましたが、エンコーダーがまだ戻っていません。"))
        #expect(await desk.ask(.GET, "/metrics")?.text.contains(Self.series("stale", 1)) == true)
        // Who says that nobody is to be waited for is believed.
        #expect(await desk.status(.DELETE, "/api/v1/relays/live/streams/main/publisher") == 204)
        #expect(try #require(await desk.ask(.GET, "/health/live/main")).json(Report.self).state == "waiting")
        #expect(await desk.status(.DELETE, "/api/v1/relays/live/streams/main/publisher") == 404)
    }

    @Test func aNameThatNobodyPublishedIsNoStream() async throws {
        let desk = try Desk()
        let typo = StreamSnapshot(path: try StreamPath("live/mian"), createdAt: Scene.now)
        let guess = try StreamName("guess")
        desk.host.change { host in
            host.relays[0].snapshot?.streams.append(typo)
            host.relays[0].snapshot?.refusedSources[guess] = SourceRefusal(
                at: Scene.second(99),
                reason: .wrongKey,
                address: "10.0.0.9:4000"
            )
        }
        for uri in ["/health", "/health/live", "/", "/metrics"] {
            let text = try #require(await desk.ask(.GET, uri)).text
            #expect(!text.contains("mian") && !text.contains("guess"), "\(uri)")
        }
        // The operator wants to know who tries in vain.
        let status = try #require(await desk.ask(.GET, "/api/v1/status")).text
        #expect(!status.contains("mian"))
        #expect(status.contains("An encoder at 10.0.0.9 was refused 1 s ago"))
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
        #expect(report.japanese == "配信中です(1280×720、毎秒30コマ、音声あり、2.6 Mbit/s)。")
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
        // Who was on air there is missed.
        desk.host.change { $0.relays[0].snapshot?.streams = [] }
        #expect(await desk.status(.GET, "/health/live") == 503)
        #expect(await desk.status(.GET, "/health/quiet") == 200)
    }

    /// A relay and a host are as well as the streams that somebody is on air with, by the rule.
    @Test func theRuleOfAStreamCountsForItsRelayAndItsHost() async throws {
        let desk = try Desk()
        desk.host.change { $0.relays[2].state = .ready }
        #expect(await desk.status(.GET, "/health") == 200)
        desk.host.change { host in
            var inspection = InspectionSnapshot(at: Scene.now)
            inspection.sound = SoundInspection(at: Scene.now, peak: -120, rms: -120)
            inspection.sound?.zeroSince = Scene.second(94)
            host.relays[0].snapshot?.streams[0].inspection = inspection
        }
        for uri in ["/health/live/main", "/health/live", "/health"] {
            let answer = try #require(await desk.ask(.GET, uri))
            #expect(answer.status == 503, "\(uri)")
            #expect(answer.text.contains("has been silent for 6 s"), "\(uri)")
        }
        #expect(await desk.ask(.GET, "/health")?.text.hasPrefix("live/main is not well: The sound arrives") == true)
        #expect(await desk.status(.GET, "/readyz") == 200)
        desk.host.change { $0.relays[0].judgement.health = HealthSpec(names: ["stale"]) }
        desk.responder.observe()
        for uri in ["/health/live/main", "/health/live", "/health"] {
            #expect(await desk.status(.GET, uri) == 200, "\(uri)")
        }
    }

    @Test func aPersonAcceptsAStream() async throws {
        let desk = try Desk()
        let accepted = try #require(await desk.ask(.POST, "/api/v1/relays/live/streams/main/accept"))
        #expect(accepted.status == 200)
        #expect(
            try accepted.json(AcceptedView.self).sentence
                == "live/main is taken to be as it should be: its rates are usual from now on."
        )
        #expect(await desk.status(.POST, "/api/v1/relays/quiet/streams/main/accept") == 404)
        #expect(await desk.status(.POST, "/api/v1/relays/quiet/streams/other/accept") == 404)
        #expect(await desk.status(.POST, "/api/v1/relays/none/streams/main/accept") == 404)
        #expect(await desk.status(.GET, "/api/v1/relays/live/streams/main/accept") == 405)
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

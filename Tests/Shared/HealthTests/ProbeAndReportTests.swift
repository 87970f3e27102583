import Contract
import Foundation
import Health
import Testing

@Suite struct ProbeAndReportTests {
    @Test func livenessLooksAtLoopsAlone() throws {
        var relay = try PrometheusTextTests.snapshot()
        relay.streams = []
        relay.listeners = []
        relay.isDraining = true
        #expect(ProbeAnswer.liveness(relay).isGood)
        relay.loops.append(LoopSnapshot(name: "fanout-1", lastTick: Instant(microseconds: 3_000_000)))
        let answer = ProbeAnswer.liveness(relay)
        #expect(answer.httpStatus == 503)
        #expect(answer.sentence == "The loop 'fanout-1' has not come round for 7 s: restart the relay.")
    }

    @Test func readinessFailsFirst() throws {
        var relay = try PrometheusTextTests.snapshot()
        #expect(ProbeAnswer.readiness(relay).sentence == "The http port is not open yet.")
        relay.listeners[1].address = try ListenAddress("8080")
        #expect(ProbeAnswer.readiness(relay).isGood)
        relay.isDraining = true
        #expect(ProbeAnswer.readiness(relay).httpStatus == 503)
        #expect(ProbeAnswer.liveness(relay).isGood)
        relay.isDraining = false
        relay.listeners = []
        #expect(ProbeAnswer.readiness(relay).httpStatus == 503)
    }

    @Test func aHostSaysThatItsDoorsAreCrowded() throws {
        let now = Instant(microseconds: 100_000_000)
        var host = HostSnapshot(
            clock: ClockReading(now: now, unix: 1_700_000_000_000_000),
            startedAt: Instant(microseconds: 1_000_000),
            isolation: .none,
            listeners: [ListenerSnapshot(name: "http", address: try ListenAddress("8080"))]
        )
        let well = "The host takes connections for all its relays."
        #expect(ProbeAnswer.readiness(host).sentence == well)
        host.door.admission = AdmissionSnapshot(
            closed: [.http: [.undecided: 40, .tooSlow: 3], .rtmp: [.total: 2]],
            crowded: Instant(microseconds: 41_000_000)
        )
        let crowded = ProbeAnswer.readiness(host)
        #expect(crowded.isGood && crowded.sentence.hasPrefix(well))
        #expect(
            crowded.sentence.dropFirst(well.count)
                == " It has closed connections that did not say what they want, because others needed their places: "
                + "rtmp 2, http 40 since it started."
        )
        host.door.admission.crowded = Instant(microseconds: 40_000_000)
        #expect(ProbeAnswer.readiness(host).sentence == well)
    }

    @Test func report() throws {
        let relay = try PrometheusTextTests.snapshot()
        let stream = try #require(relay.streams.first)
        var health = StreamHealth(setting: HealthSetting(rtmpPort: 1935, sourceTimeout: .seconds(2)))
        let verdict = health.judge(stream, at: relay.clock.now)
        let json = Data(StreamReport(stream, verdict, clock: relay.clock).json())
        let report = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(report["relay"] as? String == "live")
        #expect(report["stream"] as? String == "main")
        #expect(report["state"] as? String == verdict.state.rawValue)
        #expect(report["since"] as? String == "2023-11-14T22:13:22.000Z")
        #expect(report["bitrate"] as? Double == 2_628_000)
        #expect(report["received_bytes"] as? UInt64 == stream.counters.bytesIn && stream.counters.bytesIn > 0)
        #expect(report["fps"] as? Double == 25)
        #expect(report["keyframe_interval"] as? Double == 2)
        #expect(report["resolution"] as? String == "1280x720")
        #expect(report["codecs"] as? [String] == ["avc1.64001f", "mp4a.40.2"])
        #expect(report["viewers"] as? Int == 3)
        #expect(report["viewers_by_protocol"] as? [String: Int] == ["rtmp": 3, "hls_ts": 0])
        #expect(report["sentence"] as? String == verdict.sentence)
        #expect((report["source"] as? [String: Any])?["encoder"] as? String == "obs \"30\"")
        #expect((report["tracks"] as? [[String: Any]])?.count == 2)
        #expect(report["served"] as? Bool == true)
        #expect(report["loss"] == nil)
    }

    @Test func aReportSaysHowTheLastSourceWentAndWhetherTheRelayServes() throws {
        let relay = try PrometheusTextTests.snapshot()
        var stream = try #require(relay.streams.first)
        let source = try #require(stream.source)
        stream.loss = SourceLoss(at: relay.clock.now, cause: .relayEnded, source: source)
        stream.source = nil
        let verdict = Verdict.unserved(
            since: relay.clock.now,
            sentence: "It is being replaced.",
            japanese: "入れ替えています。"
        )
        let json = Data(StreamReport(stream, verdict, clock: relay.clock, isServed: false).json())
        let report = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(report["served"] as? Bool == false)
        #expect(report["japanese"] as? String == "入れ替えています。")
        #expect(report["loss"] as? String == "relay_ended")
    }

    @Test(arguments: [
        (400 * 86_400, CertificateHealth.State.good, "is valid for 400 days more."),
        (15 * 86_400, .good, "is valid for 15 days more."), (13 * 86_400, .expiring, "expires in 13 days: renew it."),
        (3600, .expiring, "expires in 60 min: renew it."), (0, .expired, "expired 0 ms ago"),
        (-3 * 86_400, .expired, "expired 3 days ago, so browsers and encoders refuse the connection: renew it."),
        (Int.max - 2_000_000_000, .good, "is valid for"), (Int.min, .expired, "expired"),
    ])
    func certificates(left: Int, state: CertificateHealth.State, words: String) {
        let now = 1_800_000_000
        let (expires, overflow) = now.addingReportingOverflow(left)
        let health = CertificateHealth(expires: overflow ? left : expires, unix: Int64(now) * 1_000_000)
        #expect(health.state == state)
        #expect(health.sentence.contains(words), "\(health.sentence)")
    }
}

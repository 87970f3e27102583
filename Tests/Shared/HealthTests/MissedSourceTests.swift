import Contract
import Health
import Testing

@Suite struct MissedSourceTests {
    private let setting = HealthSetting(rtmpPort: 1935, sourceTimeout: .seconds(2))
    private let start = Instant(microseconds: 1_000_000_000)

    private func relay(at seconds: Int, _ streams: [StreamSnapshot] = []) throws -> RelaySnapshot {
        RelaySnapshot(
            relay: try RelayName("live"),
            clock: ClockReading(now: self.start + .seconds(seconds), unix: 1_800_000_000_000_000),
            startedAt: self.start,
            streams: streams
        )
    }

    private func stream(_ name: String = "main", onAir: Bool, lost: SourceLoss.Cause? = nil) throws -> StreamSnapshot {
        let source = SourceSnapshot(
            protocol: .rtmp,
            address: "10.0.0.3:50123",
            connectedAt: self.start,
            lastHeard: self.start
        )
        return StreamSnapshot(
            path: try StreamPath("live/\(name)"),
            createdAt: self.start,
            source: onAir ? source : nil,
            loss: lost.map { SourceLoss(at: self.start, cause: $0, source: source) }
        )
    }

    private func state(_ review: RelayReview, _ name: String = "main") throws -> StreamState? {
        review.verdicts[try StreamPath("live/\(name)")]?.state
    }

    @Test func whoWasOnAirWhenTheRelayDiedIsMissedUntilItIsBack() throws {
        let monitor = HealthMonitor(setting: self.setting)
        _ = monitor.review(try self.relay(at: 1, [self.stream(onAir: true)]))
        monitor.beginInstance()
        #expect(monitor.expected == [try StreamName("main")])
        for seconds in [3, 60, 3600] {
            let review = monitor.review(try self.relay(at: seconds))
            #expect(try self.state(review) == .stale, "\(seconds)")
            #expect(review.snapshot.streams.first?.loss?.cause == .relayEnded)
            #expect(review.snapshot.streams.first?.loss?.at == self.start + .seconds(1))
        }
        // Somebody who merely asks for it makes it no better.
        #expect(try self.state(monitor.review(self.relay(at: 3601, [self.stream(onAir: false)]))) == .stale)
        let back = monitor.review(try self.relay(at: 3602, [self.stream(onAir: true)]))
        #expect(try self.state(back) != .stale || back.snapshot.streams[0].loss == nil)
        let ended = monitor.review(try self.relay(at: 3700, [self.stream(onAir: false, lost: .ended)]))
        #expect(try self.state(ended) == .waiting)
        #expect(monitor.review(try self.relay(at: 3900)).snapshot.streams.isEmpty)
    }

    @Test(arguments: [
        (SourceLoss.Cause.ended, false), (.removed, false), (.disconnected, true), (.silent, true), (.malformed, true),
        (.replaced, true),
    ])
    func whoWasLostStaysMissedWhenTheRelayForgets(cause: SourceLoss.Cause, isMissed: Bool) throws {
        let monitor = HealthMonitor(setting: self.setting)
        _ = monitor.review(try self.relay(at: 1, [self.stream(onAir: true)]))
        _ = monitor.review(try self.relay(at: 2, [self.stream(onAir: false, lost: cause)]))
        let review = monitor.review(try self.relay(at: 300))
        #expect(try self.state(review) == (isMissed ? .stale : nil))
        #expect(monitor.giveUp(try StreamName("main")) == isMissed)
        #expect(monitor.review(try self.relay(at: 301)).snapshot.streams.isEmpty)
    }

    @Test func namesThatNobodyPublishedAreNoStreams() throws {
        let monitor = HealthMonitor(setting: self.setting)
        let streams = [try self.stream("declared", onAir: false), try self.stream("typo", onAir: false)]
        let review = monitor.review(try self.relay(at: 1, streams))
        let listed = review.listing(declared: [try StreamName("declared")])
        #expect(listed.snapshot.streams.map(\.path.stream.rawValue) == ["declared"])
        #expect(listed.verdicts.count == 1)
        #expect(monitor.expected.isEmpty)
    }
}

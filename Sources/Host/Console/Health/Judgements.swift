package import Contract
package import Health
import Synchronization

/// Judges the streams of all relays, each by what its latest instance has told.
package final class Judgements: Sendable {
    private struct Bench {
        /// Counters begin again with each instance, and so does the memory of whoever judges by them.
        var instance: String
        var setting: HealthSetting
        let monitor: HealthMonitor
    }

    private let benches = Mutex<[RelayName: Bench]>([:])
    private let process = Mutex(ProcessHealth())
    private let relays = Mutex<[RelayName: RelayHealth]>([:])
    private let remembered: Mutex<HealthMemory?>
    private let clock = Mutex<ClockReading?>(nil)

    /// - Parameter remembered: What another host knew when it ended; nil where there was none, or none that is known of.
    package init(remembering remembered: HealthMemory? = nil) {
        self.remembered = Mutex(remembered)
    }

    /// What of it outlives the host, as of the last look; nil before the first.
    package var memory: HealthMemory? {
        guard let clock = self.clock.withLock({ $0 }) else { return nil }
        let monitors = self.benches.withLock { benches in benches.map { ($0.key, $0.value.monitor) } }
        return HealthMemory(
            savedAt: clock.unix,
            relays: monitors.sorted { $0.0 < $1.0 }.map { $1.memory(of: $0, by: clock) }
        )
    }

    /// To be told about once a second, whether anybody asks or not: what is usual and what is an incident is known only
    /// to who looks regularly.
    package func observe(_ host: HostSnapshot) {
        // A relay that is not there at the first look is another when it is.
        var remembered: [RelayName: HealthMemory.Relay] = [:]
        let memory = self.remembered.withLock { $0.take() }
        if let memory, memory.isCurrent(at: host.clock.unix) {
            for relay in memory.relays { remembered[relay.relay] = relay }
        }
        self.clock.withLock { $0 = host.clock }
        self.benches.withLock { benches in
            var kept: [RelayName: Bench] = [:]
            for relay in host.relays {
                let setting = HealthSetting(host.rtmpPort, relay)
                let instance = relay.instance?.id ?? ""
                var bench =
                    benches[relay.name]
                    ?? Bench(instance: instance, setting: setting, monitor: HealthMonitor(setting: setting))
                if let memory, let known = remembered[relay.name] {
                    bench.monitor.restore(known, savedAt: memory.savedAt, by: host.clock, allowed: relay.streams)
                }
                if bench.setting != setting { bench.monitor.change(to: setting) }
                if bench.instance != instance { bench.monitor.beginInstance() }
                bench.setting = setting
                bench.instance = instance
                kept[relay.name] = bench
            }
            benches = kept
        }
        let names = Set(host.relays.map(\.name))
        self.relays.withLock { relays in relays = relays.filter { names.contains($0.key) } }
        for relay in host.relays { _ = self.relay(relay, at: host.clock.now) }
        for relay in host.relays where Self.isNews(relay, at: host.clock.now) {
            if let snapshot = relay.snapshot { _ = self.monitor(of: relay.name)?.review(snapshot) }
        }
    }

    /// The host process itself, judged.
    func process(of host: HostSnapshot) -> ProcessVerdict { self.process.withLock { $0.judge(host) } }

    /// A relay as a whole, judged.
    func relay(_ relay: RelayStatus, at now: Instant) -> RelayVerdict {
        self.relays.withLock { $0[relay.name, default: RelayHealth()].judge(relay, at: now) }
    }

    func relays(of host: HostSnapshot) -> [RelayVerdict] {
        host.relays.map { self.relay($0, at: host.clock.now) }
    }

    private func monitor(of relay: RelayName) -> HealthMonitor? { self.benches.withLock { $0[relay]?.monitor } }

    /// What the relay has told, judged; nil where it has told nothing, or nothing for long.
    private func review(of relay: RelayStatus, at now: Instant) -> RelayReview? {
        guard let snapshot = relay.snapshot, relay.serves || relay.state == .draining, Self.isNews(relay, at: now)
        else {
            return nil
        }
        return self.monitor(of: relay.name)?.review(snapshot)
            ?? HealthMonitor(setting: HealthSetting(nil, relay)).review(snapshot)
    }

    private static func isNews(_ relay: RelayStatus, at now: Instant) -> Bool {
        guard let heard = relay.heardAt ?? relay.snapshot?.clock.now else { return false }
        return now - heard <= RelayHealth.newsAge
    }

    /// All streams of a relay in the order of their names: those that were published, those that are declared, and, for
    /// the operator, those that somebody was not let publish. A name that nobody ever published is no stream.
    func streams(of relay: RelayStatus, at now: Instant, withRefused: Bool) -> [JudgedStream] {
        let review = self.review(of: relay, at: now)
        var names = Set(relay.streams ?? [])
        if let review {
            names.formUnion(review.snapshot.streams.filter(\.wasPublished).map(\.path.stream))
        } else {
            names.formUnion(self.monitor(of: relay.name)?.expected ?? [])
        }
        if withRefused {
            let refused = relay.snapshot?.refusedSources.keys ?? [:].keys
            names.formUnion(refused.filter { relay.streams?.contains($0) ?? true })
        }
        let published = review?.snapshot.streams.filter(\.wasPublished).map(\.path.stream) ?? []
        let known = Set(relay.streams ?? []).union(published).union(self.monitor(of: relay.name)?.expected ?? [])
        return names.sorted().map { name in
            let judged = self.stream(name, of: relay, at: now, review)
            return known.contains(name) ? judged : judged.withoutName
        }
    }

    /// The places that the configuration has the relay's streams sent to; nil where it has told nothing, or nothing for long.
    func destinations(of relay: RelayStatus, at now: Instant) -> [DestinationVerdict]? {
        self.review(of: relay, at: now)?.destinations
    }

    /// One stream, or nil where the configuration does not allow its name.
    func stream(_ name: StreamName, of relay: RelayStatus, at now: Instant) -> JudgedStream? {
        let review = self.review(of: relay, at: now)
        let isTold = review?.snapshot.streams.contains { $0.path.stream == name && $0.wasPublished } ?? false
        guard isTold || relay.streams?.contains(name) ?? true else { return nil }
        return self.stream(name, of: relay, at: now, review)
    }

    /// Nobody is missed at the stream any more, until it is published again.
    ///
    /// - Returns: Whether somebody was.
    func giveUp(_ path: StreamPath) -> Bool { self.monitor(of: path.relay)?.giveUp(path.stream) ?? false }

    /// A person says that a stream is as it should be.
    ///
    /// - Returns: Whether anybody is on air there.
    func accept(_ stream: StreamName, of relay: RelayStatus) -> Bool {
        guard let snapshot = relay.snapshot else { return false }
        return self.monitor(of: relay.name)?.accept(stream, in: snapshot) ?? false
    }

    private func stream(
        _ name: StreamName,
        of relay: RelayStatus,
        at now: Instant,
        _ review: RelayReview?
    ) -> JudgedStream {
        let path = StreamPath(relay: relay.name, stream: name)
        guard let review else { return self.unserved(path, of: relay, at: now) }
        let snapshot = review.snapshot
        let unseen = StreamSnapshot(
            path: path,
            createdAt: snapshot.startedAt,
            refusal: snapshot.refusedSources[name]
        )
        let stream = snapshot.streams.first { $0.path == path } ?? unseen
        let setting = HealthSetting(nil, relay)
        let verdict =
            review.verdicts[path] ?? self.monitor(of: relay.name)?.judge(unseen: stream, at: snapshot.clock.now)
            ?? .unseen(path, since: snapshot.startedAt, setting: setting)
        return JudgedStream(
            snapshot: stream,
            verdict: verdict,
            clock: snapshot.clock,
            isExpected: stream.wasPublished
        )
    }

    /// Of a relay that has told nothing, or nothing for long: what it told before is not shown as what is.
    private func unserved(_ path: StreamPath, of relay: RelayStatus, at now: Instant) -> JudgedStream {
        let since = relay.serves && relay.snapshot != nil ? relay.toldAt : relay.since
        let verdict = self.relay(relay, at: now)
        return JudgedStream(
            snapshot: StreamSnapshot(path: path, createdAt: relay.since),
            verdict: .unserved(since: since, sentence: verdict.sentence, japanese: verdict.japanese),
            clock: nil,
            isExpected: self.monitor(of: path.relay)?.expected.contains(path.stream) ?? false
        )
    }
}

/// A stream and what is to be said of it.
struct JudgedStream: Sendable {
    let snapshot: StreamSnapshot
    let verdict: Verdict

    /// Of what the relay has told; nil where it has told nothing, or nothing for long.
    let clock: ClockReading?

    /// Whether a source is on air there, or missed.
    let isExpected: Bool

    /// How it is listed.
    var shownName: String

    init(snapshot: StreamSnapshot, verdict: Verdict, clock: ClockReading?, isExpected: Bool) {
        self.snapshot = snapshot
        self.verdict = verdict
        self.clock = clock
        self.isExpected = isExpected
        self.shownName = snapshot.path.stream.rawValue
    }

    /// The same for a list: a name that nobody knows may be a key in the wrong field.
    var withoutName: JudgedStream {
        let path = self.snapshot.path
        let shown = TypedName.plain(path.stream.rawValue)
        let verdict = self.verdict.reworded { sentence in
            sentence
                .replacing("\(path.stream)?key=", with: "NAME?key=")
                .replacing("\(path)", with: "\(path.relay)/\(shown)")
        }
        var copy = JudgedStream(
            snapshot: self.snapshot,
            verdict: verdict,
            clock: self.clock,
            isExpected: self.isExpected
        )
        copy.shownName = shown
        return copy
    }
}

extension HealthSetting {
    fileprivate init(_ rtmpPort: UInt16?, _ relay: RelayStatus) {
        self.init(
            rtmpPort: rtmpPort,
            sourceTimeout: relay.sourceTimeout,
            declared: relay.declaredSources,
            judgement: relay.judgement,
            throttling: relay.throttling
        )
    }
}

extension HostSnapshot {
    /// Where encoders connect; nil while RTMP is off.
    var rtmpPort: UInt16? { self.listeners.filter { $0.name == "rtmp" }.compactMap(\.address).toldToPeople?.port }
}

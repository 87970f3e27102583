package import Contract
import Health
import Synchronization

/// Judges the streams of all relays, each by what its latest instance has told.
package final class Judgements: Sendable {
    private struct Bench {
        /// Counters begin again with each instance, and so does the memory of whoever judges by them.
        var instance: String
        var setting: HealthSetting
        var desk: HealthDesk
    }

    private let benches = Mutex<[RelayName: Bench]>([:])

    package init() {}

    /// To be told about once a second, whether anybody asks or not: what is usual and what is an incident is known only
    /// to who looks regularly.
    package func observe(_ host: HostSnapshot) {
        self.benches.withLock { benches in
            var kept: [RelayName: Bench] = [:]
            for relay in host.relays {
                let setting = HealthSetting(host.rtmpPort, relay)
                let instance = relay.instance?.id ?? ""
                if let bench = benches[relay.name], bench.instance == instance, bench.setting == setting {
                    kept[relay.name] = bench
                } else {
                    kept[relay.name] = Bench(instance: instance, setting: setting, desk: HealthDesk(setting: setting))
                }
            }
            benches = kept
        }
        for relay in host.relays {
            if let snapshot = relay.snapshot { _ = self.desk(of: relay.name)?.judge(snapshot) }
        }
    }

    private func desk(of relay: RelayName) -> HealthDesk? { self.benches.withLock { $0[relay]?.desk } }

    /// The verdicts on what the relay has told; empty where it has told nothing.
    func verdicts(of relay: RelayStatus) -> [StreamPath: Verdict] {
        guard let snapshot = relay.snapshot else { return [:] }
        return self.desk(of: relay.name)?.judge(snapshot) ?? [:]
    }

    /// All streams of a relay in the order of their names: those it has told of, those that are declared, and those that
    /// somebody was not let publish.
    func streams(of relay: RelayStatus, at now: Instant) -> [JudgedStream] {
        let told = relay.snapshot?.streams.map(\.path.stream) ?? []
        let refused = relay.snapshot?.refusedSources.keys.filter { relay.streams?.contains($0) ?? true } ?? []
        let names = Set(told).union(relay.streams ?? []).union(refused)
        let verdicts = self.verdicts(of: relay)
        return names.sorted().map { self.stream($0, of: relay, at: now, verdicts) }
    }

    /// One stream, or nil where the configuration does not allow its name.
    func stream(_ name: StreamName, of relay: RelayStatus, at now: Instant) -> JudgedStream? {
        let isTold = relay.snapshot?.streams.contains { $0.path.stream == name } ?? false
        guard isTold || relay.streams?.contains(name) ?? true else { return nil }
        return self.stream(name, of: relay, at: now, self.verdicts(of: relay))
    }

    private func stream(
        _ name: StreamName,
        of relay: RelayStatus,
        at now: Instant,
        _ verdicts: [StreamPath: Verdict]
    ) -> JudgedStream {
        let path = StreamPath(relay: relay.name, stream: name)
        guard let snapshot = relay.snapshot, relay.serves || relay.state == .draining else {
            let stream = StreamSnapshot(path: path, createdAt: relay.since)
            let sentence = ProbeAnswer.service(relay, at: now).sentence
            return JudgedStream(
                snapshot: stream,
                verdict: .unserved(since: relay.since, sentence: sentence),
                clock: nil
            )
        }
        let unseen = StreamSnapshot(
            path: path,
            createdAt: snapshot.startedAt,
            refusal: snapshot.refusedSources[name]
        )
        let stream = snapshot.streams.first { $0.path == path } ?? unseen
        let setting = HealthSetting(nil, relay)
        let verdict =
            verdicts[path] ?? self.desk(of: relay.name)?.judge(unseen: stream, at: snapshot.clock.now)
            ?? .unseen(path, since: snapshot.startedAt, setting: setting)
        return JudgedStream(snapshot: stream, verdict: verdict, clock: snapshot.clock)
    }
}

/// A stream and what is to be said of it.
struct JudgedStream: Sendable {
    let snapshot: StreamSnapshot
    let verdict: Verdict
    let clock: ClockReading?
}

extension HealthSetting {
    fileprivate init(_ rtmpPort: UInt16?, _ relay: RelayStatus) {
        self.init(rtmpPort: rtmpPort, sourceTimeout: relay.sourceTimeout, declared: relay.declaredSources)
    }
}

extension HostSnapshot {
    /// Where encoders connect; nil while RTMP is off.
    var rtmpPort: UInt16? { self.listeners.first { $0.name == "rtmp" }?.address?.port }
}

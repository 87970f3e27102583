package import Contract
import Synchronization

/// Judges every stream of a relay about once a second, and keeps the verdicts for those who ask.
package final class HealthMonitor: Sendable {
    fileprivate struct State {
        var setting: HealthSetting
        var judges: [StreamPath: StreamHealth] = [:]
        var missed = MissedSources()
        var destinations: [DestinationKey: DestinationHealth] = [:]
    }

    private let state: Mutex<State>

    package init(setting: HealthSetting) {
        self.state = Mutex(State(setting: setting))
    }

    /// From now on every stream is judged by these, with what is remembered of it.
    package func change(to setting: HealthSetting) {
        self.state.withLock { state in
            state.setting = setting
            for path in state.judges.keys { state.judges[path]?.setting = setting }
        }
    }

    /// Another instance of the relay follows: its counters begin at zero, who was on air is missed until it is back, and what
    /// was usual for it is usual still.
    package func beginInstance() {
        self.state.withLock { state in
            for path in state.judges.keys { state.judges[path]?.beginInstance() }
        }
    }

    /// A person says that a stream is as it should be: what it is now is usual from now on.
    ///
    /// - Returns: Whether anybody is on air there.
    package func accept(_ stream: StreamName, in relay: RelaySnapshot) -> Bool {
        self.state.withLock { state in
            guard let snapshot = relay.streams.first(where: { $0.path.stream == stream }), snapshot.source != nil else {
                return false
            }
            state.judges[snapshot.path]?.accept(snapshot)
            return true
        }
    }

    /// Judges what the relay has told, and the sources that it should know of and does not.
    package func review(_ relay: RelaySnapshot) -> RelayReview {
        self.state.withLock { state in
            state.missed.observe(relay)
            let relay = state.missed.completing(relay)
            let destinations = state.judgeDestinations(of: relay)
            var verdicts: [StreamPath: Verdict] = [:]
            var kept: [StreamPath: StreamHealth] = [:]
            for stream in relay.streams {
                var judge = state.judges[stream.path] ?? StreamHealth(setting: state.setting)
                verdicts[stream.path] = judge.judge(
                    stream,
                    destinations: destinations.filter { $0.destination.stream == stream.path.stream },
                    at: relay.clock.now
                )
                kept[stream.path] = judge
            }
            state.judges = kept
            return RelayReview(snapshot: relay, verdicts: verdicts, destinations: destinations)
        }
    }

    /// The verdict on each stream.
    package func judge(_ relay: RelaySnapshot) -> [StreamPath: Verdict] { self.review(relay).verdicts }

    /// The verdict on a stream that has not been published yet, and of which nothing is remembered.
    package func judge(unseen stream: StreamSnapshot, at now: Instant) -> Verdict {
        var judge = StreamHealth(setting: self.state.withLock { $0.setting })
        return judge.judge(stream, at: now)
    }

    /// Streams that are on air or missed.
    package var expected: Set<StreamName> { self.state.withLock { $0.missed.names } }

    /// What of it outlives the host.
    package func memory(of relay: RelayName, by clock: ClockReading) -> HealthMemory.Relay {
        self.state.withLock { state in
            HealthMemory.Relay(
                relay: relay,
                expected: state.missed.remembered(by: clock),
                habits: state.judges.sorted { $0.key < $1.key }.compactMap { $1.habit(of: $0.stream) }
            )
        }
    }

    /// Goes on with what another host knew.
    ///
    /// - Parameters:
    ///   - memory: What it knew.
    ///   - saved: When it was so, µs since 1970-01-01 UTC.
    ///   - clock: Of this host.
    ///   - allowed: Streams that may be published; nil: any.
    package func restore(
        _ memory: HealthMemory.Relay,
        savedAt saved: Int64,
        by clock: ClockReading,
        allowed: [StreamName]?
    ) {
        func isAllowed(_ stream: StreamName) -> Bool { allowed?.contains(stream) ?? true }
        let saved = clock.instant(atUnix: saved)
        self.state.withLock { state in
            state.missed.restore(memory.expected.filter { isAllowed($0.stream) }, by: clock)
            for habit in memory.habits.prefix(MissedSources.limit) where isAllowed(habit.stream) {
                var judge = StreamHealth(setting: state.setting)
                judge.restore(habit, from: saved, at: clock.now)
                state.judges[StreamPath(relay: memory.relay, stream: habit.stream)] = judge
            }
        }
    }

    /// Nobody is missed at the stream any more, until it is published again.
    ///
    /// - Returns: Whether somebody was.
    package func giveUp(_ stream: StreamName) -> Bool { self.state.withLock { $0.missed.giveUp(stream) } }
}

private struct DestinationKey: Hashable, Sendable {
    let stream: StreamName
    let name: DestinationName
}

extension HealthMonitor.State {
    /// Those that the configuration does not name any more are forgotten.
    fileprivate mutating func judgeDestinations(of relay: RelaySnapshot) -> [DestinationVerdict] {
        // Whoever is missed will be back, and what it did not reach it will not reach then.
        let onAir = Set(relay.streams.filter { $0.source != nil || $0.isMissed }.map(\.path.stream))
        var kept: [DestinationKey: DestinationHealth] = [:]
        let verdicts = relay.destinations.map { destination in
            let key = DestinationKey(stream: destination.stream, name: destination.name)
            var judge = self.destinations[key] ?? DestinationHealth()
            defer { kept[key] = judge }
            return judge.judge(destination, isOnAir: onAir.contains(destination.stream), at: relay.clock.now)
        }
        self.destinations = kept
        return verdicts
    }
}

/// What a relay has told, completed and judged.
package struct RelayReview: Sendable {
    /// With the sources that are missed.
    package let snapshot: RelaySnapshot

    /// Of every stream in it.
    package let verdicts: [StreamPath: Verdict]

    /// Of every place that the configuration has streams sent to.
    package let destinations: [DestinationVerdict]

    /// Without the names that somebody merely asked for: those were never published, and are not declared either.
    package func listing(declared: [StreamName]) -> RelayReview {
        var snapshot = self.snapshot
        snapshot.streams.removeAll { !$0.wasPublished && !declared.contains($0.path.stream) }
        let paths = Set(snapshot.streams.map(\.path))
        return RelayReview(
            snapshot: snapshot,
            verdicts: self.verdicts.filter { paths.contains($0.key) },
            destinations: self.destinations
        )
    }
}

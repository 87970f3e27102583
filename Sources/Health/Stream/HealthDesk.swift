package import Contract
import Synchronization

/// Judges every stream of a relay about once a second, and answers from that whoever asks.
package final class HealthDesk: Sendable {
    private struct State {
        var setting: HealthSetting
        var judges: [StreamPath: StreamHealth] = [:]
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

    /// The verdict on each stream; those that are not in the snapshot any more are forgotten.
    package func judge(_ relay: RelaySnapshot) -> [StreamPath: Verdict] {
        self.state.withLock { state in
            var verdicts: [StreamPath: Verdict] = [:]
            var kept: [StreamPath: StreamHealth] = [:]
            for stream in relay.streams {
                var judge = state.judges[stream.path] ?? StreamHealth(setting: state.setting)
                verdicts[stream.path] = judge.judge(stream, at: relay.clock.now)
                kept[stream.path] = judge
            }
            state.judges = kept
            return verdicts
        }
    }

    /// The verdict on a stream that has not been published yet, and of which nothing is remembered.
    package func judge(unseen stream: StreamSnapshot, at now: Instant) -> Verdict {
        var judge = StreamHealth(setting: self.state.withLock { $0.setting })
        return judge.judge(stream, at: now)
    }
}

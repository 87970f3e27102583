package import Contract
import Synchronization

/// Judges every stream of a relay about once a second, and answers from that whoever asks.
package final class HealthDesk: Sendable {
    private let setting: HealthSetting
    private let judges = Mutex<[StreamPath: StreamHealth]>([:])

    package init(setting: HealthSetting) {
        self.setting = setting
    }

    /// The verdict on each stream; those that are not in the snapshot any more are forgotten.
    package func judge(_ relay: RelaySnapshot) -> [StreamPath: Verdict] {
        self.judges.withLock { judges in
            var verdicts: [StreamPath: Verdict] = [:]
            var kept: [StreamPath: StreamHealth] = [:]
            for stream in relay.streams {
                var judge = judges[stream.path] ?? StreamHealth(setting: self.setting)
                verdicts[stream.path] = judge.judge(stream, at: relay.clock.now)
                kept[stream.path] = judge
            }
            judges = kept
            return verdicts
        }
    }

    /// The verdict on a stream that has not been published yet, and of which nothing is remembered.
    package func judge(unseen stream: StreamSnapshot, at now: Instant) -> Verdict {
        var judge = StreamHealth(setting: self.setting)
        return judge.judge(stream, at: now)
    }
}

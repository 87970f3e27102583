import Contract
import Logging
import Synchronization

/// What an instance writes to its standard error, in the host's own log. The instance is not trusted: its lines are short,
/// and not many.
final class RelayLog: Sendable {
    private static let lineLimit = 2000
    private static let linesPerSecond = 100

    private struct Second {
        var began: Instant
        var lines = 0
        var dropped = 0
    }

    private let log: Logger
    private let clock: @Sendable () -> Instant
    private let second: Mutex<Second>

    init(relay: RelayName, log: Logger, clock: @escaping @Sendable () -> Instant) {
        var log = log
        log[metadataKey: "relay"] = "\(relay)"
        self.log = log
        self.clock = clock
        self.second = Mutex(Second(began: clock()))
    }

    func take(_ line: String) {
        let now = self.clock()
        let (isTaken, dropped) = self.second.withLock { second in
            var dropped = 0
            if now - second.began >= .seconds(1) {
                dropped = second.dropped
                second = Second(began: now)
            }
            second.lines += 1
            guard second.lines > Self.linesPerSecond else { return (true, dropped) }
            second.dropped += 1
            return (false, dropped)
        }
        if dropped > 0 {
            self.log.warning(
                "lines of a relay's log were dropped: it writes too many",
                metadata: ["lines": "\(dropped)"]
            )
        }
        if isTaken { self.pass(String(line.prefix(Self.lineLimit))) }
    }

    /// A line of the relay's is `time level sentence key=value …`: the time is ours to say, the level is kept.
    private func pass(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        if words.count == 3, words[0].hasSuffix("Z"), let level = Logger.Level(rawValue: String(words[1])) {
            self.log.log(level: level, "\(words[2])")
        } else if line.hasPrefix("Warning: using insecure memory!") {
            // libgcrypt, which libavformat brings along, may lock no memory in a container; no key of ours is in it.
            self.log.debug("\(line)")
        } else if !line.isEmpty {
            self.log.warning("\(line)")
        }
    }
}

package import Contract
import Linux
package import Logging
package import Streams
import Synchronization

/// Counts who was refused, by protocol and reason, and tells the log of it, without end only in the counts.
package final class RefusalLedger: Sendable {
    private let publish = Mutex(RefusalCounts<PublishRefusal>())
    private let play = Mutex(RefusalCounts<PlayRefusal>())
    private let echo = Mutex(RefusalLogLimit())

    package init() {}

    package func note(_ reason: PublishRefusal, by way: RefusalProtocol) {
        self.publish.withLock { $0[way, reason] += 1 }
    }

    package func note(_ reason: PlayRefusal, by way: RefusalProtocol) {
        self.play.withLock { $0[way, reason] += 1 }
    }

    package var publishRefusals: RefusalCounts<PublishRefusal> { self.publish.withLock { $0 } }
    package var playRefusals: RefusalCounts<PlayRefusal> { self.play.withLock { $0 } }

    /// Writes a line about a refusal, unless the peer (`host:port`) has had some for the same reason just now.
    package func tell(
        _ what: Logger.Message,
        _ level: Logger.Level,
        reason: String,
        sentence: String,
        peer: String,
        _ log: Logger
    ) {
        let now = SystemClock.now.monotonic
        guard let left = self.echo.withLock({ $0.hear(reason, from: InternetAddress(peer), now: now) }) else { return }
        var metadata: Logger.Metadata = ["reason": "\(reason)", "sentence": "\(sentence)"]
        if left > 0 { metadata["more like it"] = "\(left)" }
        log.log(level: level, what, metadata: metadata)
    }

    /// Tells the log of a connection that was closed before it published or played. `reason` is one of few words.
    package func tellClosed(_ reason: ConnectionClosure, _ sentence: String, peer: String, _ log: Logger) {
        self.tell("connection closed", .info, reason: reason.rawValue, sentence: sentence, peer: peer, log)
    }

    /// Counts a player that was refused, and tells the log.
    package func note(_ denial: PlayDenial, by way: RefusalProtocol, peer: String, _ log: Logger) {
        self.note(denial.reason, by: way)
        self.tell(denial, peer: peer, log)
    }

    package func tell(_ denial: PlayDenial, peer: String, _ log: Logger) {
        let reason = denial.reason.rawValue
        self.tell("player refused", .info, reason: reason, sentence: denial.sentence, peer: peer, log)
    }
}

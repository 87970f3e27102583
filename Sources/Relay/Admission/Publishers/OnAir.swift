import Contract
import Media
import Streams

/// A source that holds its stream.
struct OnAir: Sendable {
    let stream: Streams.Stream
    let source: SourceID

    /// Puts what it sent on the stream.
    ///
    /// - Returns: false if it is not on air any more; nothing of it is used then.
    func publish(_ events: [SourceEvent], now: Now) -> Bool {
        self.stream.publish(events, from: self.source, now: now)
    }

    /// Adds what it says of itself.
    func describe(encoder: String) {
        self.stream.describe(self.source, encoder: encoder)
    }

    /// Says how its packets come; about once a second.
    func report(_ link: LinkSnapshot) {
        self.stream.report(link, of: self.source)
    }

    func leave(_ cause: SourceLoss.Cause, now: Now) {
        self.stream.leave(self.source, cause: cause, now: now)
    }
}

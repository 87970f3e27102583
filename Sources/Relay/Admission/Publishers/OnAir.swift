package import Contract
package import Media
package import Streams

/// A source that holds its stream.
package struct OnAir: Sendable {
    package let stream: Streams.Stream
    package let source: SourceID

    /// Puts what it sent on the stream.
    ///
    /// - Returns: false if it is not on air any more; nothing of it is used then.
    package func publish(_ events: [SourceEvent], now: Now) -> Bool {
        self.stream.publish(events, from: self.source, now: now)
    }

    /// Adds what it says of itself.
    package func describe(encoder: String) {
        self.stream.describe(self.source, encoder: encoder)
    }

    /// Says how its packets come; about once a second.
    package func report(_ link: LinkSnapshot) {
        self.stream.report(link, of: self.source)
    }

    /// Where the stream stands with it, for the process that goes on with both when this one dies; nil where nobody could.
    package var standing: StreamStanding? { self.stream.standing(of: self.source) }

    /// Whether what it sent again, after the death of a process, was not what that had put on the stream.
    package var hasDiverged: Bool { self.stream.hasDiverged }

    package func leave(_ cause: SourceLoss.Cause, now: Now) {
        self.stream.leave(self.source, cause: cause, now: now)
    }
}

package import Contract
package import Media
package import Streams

/// A source that holds its stream.
package struct OnAir: Sendable {
    package let stream: Streams.Stream
    package let source: SourceID

    /// Puts what it sent on the stream; `arrival` is what of its media is in no event, or not yet.
    ///
    /// - Returns: false if it is not on air any more; nothing of it is used then.
    package func publish(_ events: [SourceEvent], _ arrival: MediaArrival = MediaArrival(), now: Now) -> Bool {
        guard !events.isEmpty || !arrival.isEmpty else { return true }
        return self.stream.publish(events, arrival, from: self.source, now: now)
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

    /// All that it had sent to a process that is dead has been published again.
    ///
    /// - Returns: whether that came to what the process had put on the stream, which breaks off otherwise.
    package func endRepeating(now: Now) -> Bool { self.stream.endRepeating(of: self.source, now: now) }

    package func leave(_ cause: SourceLoss.Cause, now: Now) {
        self.stream.leave(self.source, cause: cause, now: now)
    }
}

/// Decides which of a stream's publishers is on air.
///
/// It is asked only for publishers whose key was right. One is on air at most, until it leaves, falls silent for longer
/// than `timeout`, or is taken over. The silent one has lost the stream but keeps its connection: unless somebody takes its
/// place it resumes by sending again, because a line that stalls for three seconds should not cost a reconnect. All of
/// `now` is µs on one monotonic clock.
package struct SourceDesk: Sendable {
    package enum State: Hashable, Sendable {
        /// Nobody has published yet.
        case idle
        /// `heard` is when media last came from it, or when it was let on air.
        case onAir(SourceID, heard: Int64)
        /// It is connected but has been lost for being silent, since then.
        case silent(SourceID, since: Int64)
        /// The last one left, then.
        case vacant(since: Int64)
    }

    package enum Claim: Hashable, Sendable {
        /// It is on air, and nobody else was.
        case begin
        /// It is on air; the other one is to be told, and its connection ended.
        case takeOver(from: SourceID)
        case refuse(Refusal)
    }

    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// The publisher holds the stream already.
        case alreadyOnAir
        /// Another one does, and takeovers are switched off.
        case busy(timeout: Duration)

        package var description: String {
            switch self {
            case .alreadyOnAir: "This publisher is sending the stream already."
            case .busy(let timeout):
                """
                Another publisher is sending this stream and takeover is off: stop that one first, or try again when it has \
                been silent for \(timeout.formatted).
                """
            }
        }
    }

    package enum Hearing: Hashable, Sendable {
        /// It is on air: go on.
        case proceed
        /// It had been lost for its silence and is on air again, as a source that begins anew.
        case resume
        /// It is not on air, and what it sent is not part of the stream.
        case refuse
    }

    package private(set) var state = State.idle
    package var timeout: Duration

    package init(timeout: Duration) {
        self.timeout = timeout
    }

    package var onAir: SourceID? {
        if case .onAir(let source, _) = self.state { source } else { nil }
    }

    /// When ``tick(now:)`` next has something to say.
    package var deadline: Int64? {
        if case .onAir(_, let heard) = self.state { heard + self.timeout.microseconds } else { nil }
    }

    /// A publisher wants the stream. One that returns while its former connection is half-dead gets it on its first try:
    /// at once with `takeover`, and without it once the former one has been silent for the timeout, ticked or not.
    package mutating func claim(_ source: SourceID, now: Int64, takeover: Bool) -> Claim {
        switch self.state {
        case .idle, .vacant:
            self.state = .onAir(source, heard: now)
            return .begin
        case .silent(let previous, _):
            self.state = .onAir(source, heard: now)
            return previous == source ? .begin : .takeOver(from: previous)
        case .onAir(let current, _) where current == source:
            return .refuse(.alreadyOnAir)
        case .onAir(let current, let heard):
            guard takeover || now - heard >= self.timeout.microseconds else {
                return .refuse(.busy(timeout: self.timeout))
            }
            self.state = .onAir(source, heard: now)
            return .takeOver(from: current)
        }
    }

    /// Media came from a publisher.
    package mutating func heard(_ source: SourceID, now: Int64) -> Hearing {
        switch self.state {
        case .onAir(source, _):
            self.state = .onAir(source, heard: now)
            return .proceed
        case .silent(source, _):
            self.state = .onAir(source, heard: now)
            return .resume
        case .idle, .onAir, .silent, .vacant:
            return .refuse
        }
    }

    /// A publisher's connection ended, by whosever wish. True if the stream lost its source by that.
    package mutating func left(_ source: SourceID, now: Int64) -> Bool {
        switch self.state {
        case .onAir(source, _):
            self.state = .vacant(since: now)
            return true
        case .silent(source, let since):
            self.state = .vacant(since: since)
            return false
        case .idle, .onAir, .silent, .vacant:
            return false
        }
    }

    /// The source that is lost by now because it sent nothing for the timeout, told once.
    package mutating func tick(now: Int64) -> SourceID? {
        guard case .onAir(let source, let heard) = self.state, now - heard >= self.timeout.microseconds
        else { return nil }
        self.state = .silent(source, since: now)
        return source
    }
}

extension Duration {
    /// `2 s`, `0.25 s`.
    fileprivate var formatted: String {
        let seconds = Double(self.microseconds) / 1_000_000
        return seconds == seconds.rounded() ? "\(Int64(seconds)) s" : "\(seconds) s"
    }
}

/// Decides which of a stream's sources is on air.
///
/// It is asked only for sources whose key was right. One is on air at most, until it leaves, is silent for longer than
/// `timeout`, or is replaced. The silent one has lost the stream but keeps its connection: it resumes by sending again,
/// unless somebody takes its place, because a line that stalls for three seconds should not cost a reconnect.
///
/// Sources of one rank replace one another. Sources of different ranks are connected side by side: the best of those that
/// send is on air, the others stand by. All of `now` is µs on one monotonic clock.
package struct SourceSelection: Sendable {
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
        /// It is connected beside the one that is on air; one of its own rank that stood by before is to be told.
        case standBy(insteadOf: SourceID?)
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
        /// It stood by and is on air from now on; the other one, if it is still connected, stands by.
        case goOnAir(insteadOf: SourceID?)
        /// It stands by.
        case standBy
        /// It is not connected to the stream, and what it sent is not part of the stream.
        case refuse
    }

    package private(set) var state = State.idle
    package var timeout: Duration
    /// Of every source that is connected.
    private var ranks: [SourceID: SourceRank] = [:]

    package init(timeout: Duration) {
        self.timeout = timeout
    }

    package var onAir: SourceID? {
        if case .onAir(let source, _) = self.state { source } else { nil }
    }

    /// The source that is on air, or was until it fell silent.
    package var holder: SourceID? {
        switch self.state {
        case .onAir(let source, _), .silent(let source, _): source
        case .idle, .vacant: nil
        }
    }

    /// When ``tick(now:)`` next has something to say.
    package var deadline: Int64? {
        if case .onAir(_, let heard) = self.state { heard + self.timeout.microseconds } else { nil }
    }

    /// A publisher wants the stream. One that returns while its former connection is half-dead gets it on its first try:
    /// at once with `takeover`, and without it once the former one has been silent for the timeout, ticked or not.
    package mutating func claim(
        _ source: SourceID,
        rank: SourceRank = .main,
        now: Int64,
        takeover: Bool
    ) -> Claim {
        if let holder, self.ranks[holder] != rank { return self.standBy(source, rank) }
        switch self.state {
        case .idle, .vacant:
            self.ranks[source] = rank
            self.state = .onAir(source, heard: now)
            return .begin
        case .silent(let previous, _):
            self.replace(previous, by: source, rank, now)
            return previous == source ? .begin : .takeOver(from: previous)
        case .onAir(let current, _) where current == source:
            return .refuse(.alreadyOnAir)
        case .onAir(let current, let heard):
            guard takeover || now - heard >= self.timeout.microseconds else {
                return .refuse(.busy(timeout: self.timeout))
            }
            self.replace(current, by: source, rank, now)
            return .takeOver(from: current)
        }
    }

    /// Media came from a source. One that stands by goes on air only if a stream can begin with what it has sent.
    package mutating func heard(_ source: SourceID, canBegin: Bool = false, now: Int64) -> Hearing {
        switch self.state {
        case .onAir(source, _):
            self.state = .onAir(source, heard: now)
            return .proceed
        case .silent(source, _):
            self.state = .onAir(source, heard: now)
            return .resume
        case .idle, .onAir, .silent, .vacant:
            guard let rank = self.ranks[source] else { return .refuse }
            guard canBegin, self.prefers(rank) else { return .standBy }
            let previous = self.holder
            self.state = .onAir(source, heard: now)
            return .goOnAir(insteadOf: previous)
        }
    }

    /// The source on air was heard at a time, by what goes on no tape: a part of a large picture, or pictures that are held back.
    /// One that was lost is on air again with media alone that can be used.
    package mutating func renew(_ source: SourceID, heardAt time: Int64) {
        guard case .onAir(source, let heard) = self.state else { return }
        self.state = .onAir(source, heard: max(heard, time))
    }

    /// A source's connection ended, by whosever wish. True if the stream lost its source by that.
    package mutating func left(_ source: SourceID, now: Int64) -> Bool {
        self.ranks[source] = nil
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

    /// Whether a source of that rank is to be on air rather than what is now.
    private func prefers(_ rank: SourceRank) -> Bool {
        guard case .onAir(let current, _) = self.state, let other = self.ranks[current] else { return true }
        return rank < other
    }

    private mutating func replace(_ previous: SourceID, by source: SourceID, _ rank: SourceRank, _ now: Int64) {
        self.ranks[previous] = nil
        self.ranks[source] = rank
        self.state = .onAir(source, heard: now)
    }

    private mutating func standBy(_ source: SourceID, _ rank: SourceRank) -> Claim {
        let former = self.ranks.first { $0.value == rank }?.key
        if let former { self.ranks[former] = nil }
        self.ranks[source] = rank
        return .standBy(insteadOf: former)
    }
}

extension Duration {
    /// `2 s`, `0.25 s`.
    fileprivate var formatted: String {
        let seconds = Double(self.microseconds) / 1_000_000
        return seconds == seconds.rounded() ? "\(Int64(seconds)) s" : "\(seconds) s"
    }
}

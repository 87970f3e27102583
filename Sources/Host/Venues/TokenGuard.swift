package import Contract

/// Finds the venue that a token belongs to, and slows down who guesses: after too many wrong ones the tokens of that network
/// are not looked at for a while.
package struct TokenGuard: Sendable {
    package enum Answer: Hashable, Sendable {
        case venue(VenueName)
        case wrong
        /// Not looked at; again after so many seconds.
        case later(Int64)
    }

    static let limit = 20
    static let interval = Duration.seconds(60)
    /// Networks that are remembered; the one that has been quiet longest makes room.
    static let networkLimit = 1024

    private struct Attempts {
        var since: Instant
        var count: Int
    }

    private var attempts: [String: Attempts] = [:]

    package init() {}

    /// - Parameters:
    ///   - token: what somebody showed.
    ///   - venues: those of the session.
    ///   - network: where the token comes from.
    ///   - now: the time.
    /// - Returns: the venue it belongs to, or why there is none.
    package mutating func look(
        for token: some StringProtocol,
        among venues: [VenueSpec],
        from network: String,
        now: Instant
    ) -> Answer {
        if let past = self.attempts[network] {
            let end = past.since + Self.interval
            if now >= end {
                self.attempts[network] = nil
            } else if past.count >= Self.limit {
                return .later(max((end - now).components.seconds, 1))
            }
        }
        // Each is compared, so that the time says nothing of which was right.
        var found: VenueName?
        for venue in venues where venue.token.matches(token) { found = venue.name }
        if let found { return .venue(found) }
        if self.attempts[network] == nil, self.attempts.count >= Self.networkLimit,
            let oldest = self.attempts.min(by: { $0.value.since < $1.value.since })
        {
            self.attempts[oldest.key] = nil
        }
        self.attempts[network, default: Attempts(since: now, count: 0)].count += 1
        return .wrong
    }
}

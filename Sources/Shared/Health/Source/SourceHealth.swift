package import Contract

/// How it stands with whoever publishes a stream, apart from what viewers see meanwhile. The raw values stand in reports: they
/// never change.
package enum SourceState: String, Hashable, Sendable, CaseIterable {
    /// None has come yet.
    case absent
    /// It is there, and sends nothing yet, or has only just begun to.
    case connecting
    case sending
    /// It sends, and something is wrong with how that comes.
    case faltering
    /// It is connected and sends nothing.
    case silent
    /// It is gone, and did not say that it ends.
    case lost
    /// It ended by itself, or somebody ended it.
    case ended
    /// One wants to publish and is not let.
    case refused
}

/// Why a source is as it is.
package enum SourceReason: Hashable, Sendable {
    case packetsLost
    /// Media comes more slowly than it plays.
    case slow
    case loss(SourceLoss.Cause)
    case refusal(PublishRefusal)

    /// As it stands in reports; codes never change.
    package var code: String {
        switch self {
        case .packetsLost: "packets_lost"
        case .slow: "slow"
        case .loss(let cause): cause.rawValue
        case .refusal(let reason): reason.rawValue
        }
    }
}

/// What is to be said of a source at one moment.
package struct SourceVerdict: Hashable, Sendable {
    package let state: SourceState
    package let since: Instant
    package let reason: SourceReason?

    /// Anybody may read them: they hold no address, key or token.
    package let sentence: String
    package let japanese: String
}

/// Judges the source of one stream over time.
package struct SourceHealth: Sendable {
    /// How long media must have come well before a source that was not well is.
    static let relief = Duration.seconds(2)
    /// How long a refusal is told where nobody is on air.
    private static let refusalMemory = Duration.seconds(60)
    /// Packets that must have been lost within ``lossMemory``; one now and then is none's fault.
    private static let fewestLost: UInt64 = 10
    private static let lossMemory = Duration.seconds(10)
    /// Seconds of media in each second below which it is slow.
    private static let slow = 0.97

    private struct Loss: Sendable {
        var at: Instant
        var count: UInt64
    }

    private var state = SourceState.absent
    private var reason: SourceReason?
    private var since: Instant?
    /// Since when media has come well; nil while it does not.
    private var wellSince: Instant?
    /// How many packets had been lost, at most once a second.
    private var losses: [Loss] = []

    package init() {}

    /// - Parameters:
    ///   - snapshot: What the relay has told of the stream.
    ///   - timeout: Silence after which a source counts as lost.
    ///   - now: The relay's clock.
    /// - Returns: What is to be said of its source.
    package mutating func judge(_ snapshot: StreamSnapshot, timeout: Duration, at now: Instant) -> SourceVerdict {
        let found = self.find(snapshot, timeout: timeout, at: now)
        var next = found.state
        var reason = found.reason
        if next == .sending {
            let start = self.wellSince ?? now
            self.wellSince = start
            if self.state != .sending, self.since != nil, now - start < Self.relief {
                // Whoever has just come back, or has just got better, may be gone again in a moment.
                next = self.state == .faltering ? .faltering : .connecting
                reason = next == .faltering ? self.reason : nil
            }
        } else {
            self.wellSince = nil
        }
        if next != self.state || self.since == nil {
            self.state = next
            self.since = found.since ?? now
        }
        self.reason = reason
        let since = min(self.since ?? now, now)
        let sentences = SourceSentences(state: next, reason: reason, time: now - since)
        return SourceVerdict(
            state: next,
            since: since,
            reason: reason,
            sentence: sentences.sentence(in: .english),
            japanese: sentences.sentence(in: .japanese)
        )
    }

    private mutating func find(
        _ snapshot: StreamSnapshot,
        timeout: Duration,
        at now: Instant
    ) -> (state: SourceState, reason: SourceReason?, since: Instant?) {
        guard let source = snapshot.source else {
            self.losses = []
            let loss = snapshot.loss
            if let refusal = snapshot.refusal, now - refusal.at < Self.refusalMemory,
                loss.map({ refusal.at > $0.at }) ?? true
            {
                return (.refused, .refusal(refusal.reason), refusal.at)
            }
            guard let loss else { return (.absent, nil, snapshot.createdAt) }
            let isOver = loss.cause == .ended || loss.cause == .removed
            return (isOver ? .ended : .lost, .loss(loss.cause), loss.at)
        }
        guard let heard = source.heard else { return (.connecting, nil, source.connectedAt) }
        if now - heard > timeout { return (.silent, .loss(.silent), heard) }
        guard !snapshot.tracks.isEmpty else { return (.connecting, nil, source.connectedAt) }
        if self.isLosing(source.link, at: now) { return (.faltering, .packetsLost, nil) }
        if let pace = snapshot.inspection?.pace, pace < Self.slow { return (.faltering, .slow, nil) }
        return (.sending, nil, nil)
    }

    private mutating func isLosing(_ link: LinkSnapshot?, at now: Instant) -> Bool {
        guard let link else { return false }
        // Another source counts from zero.
        if let last = self.losses.last, link.lost < last.count { self.losses = [] }
        if self.losses.last.map({ now - $0.at >= .seconds(1) }) ?? true {
            self.losses.append(Loss(at: now, count: link.lost))
        }
        self.losses.removeAll { now - $0.at > Self.lossMemory }
        let before = self.losses.first?.count ?? link.lost
        return link.isHolding || link.lost - min(before, link.lost) >= Self.fewestLost
    }
}

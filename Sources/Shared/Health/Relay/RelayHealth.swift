package import Contract

/// How it stands with a relay as a whole, whichever instance serves it. The raw values stand in reports: they never change.
package enum RelayCondition: String, Hashable, Sendable, CaseIterable {
    /// Its first instance is being made.
    case starting
    case serving
    /// An instance has ended, and the next is being made.
    case restarting
    /// Its instances end again and again, whether one serves just now or not.
    case restless
    /// It serves and does not report, so that nobody knows how its streams are.
    case silent
    /// The same of one that the machine refuses a processor.
    case starved
    /// It serves and reports, but the limit of its container keeps it from the processor so often that viewers may see pauses.
    case overloaded
    case draining
    case stopped
}

/// Why a relay is as it is.
package enum RelayReason: Hashable, Sendable {
    /// How the last instance ended.
    case ending(EndingCause)
    /// A fresh instance is being made while the old one serves on.
    case replacing
    /// It has begun to report again after a silence, and has yet to go on so for a while.
    case reporting

    /// As it stands in reports; codes never change.
    package var code: String {
        switch self {
        case .ending(let cause): cause.rawValue
        case .replacing: "replacing"
        case .reporting: "reporting"
        }
    }
}

/// What is to be said of a relay at one moment.
package struct RelayVerdict: Hashable, Sendable {
    package let name: RelayName
    package let state: RelayCondition
    package let since: Instant
    package let reason: RelayReason?

    /// Whether it takes publishers and viewers now and has told lately how they are.
    package let isGood: Bool

    /// Anybody may read them.
    package let sentence: String
    package let japanese: String
}

/// Judges a relay over time: whether it serves, reports, and stays. Its streams are judged by themselves. Ask it about once a
/// second; it may be asked more often or less.
package struct RelayHealth: Sendable {
    /// How old what a relay has told may be, by the host's clock. Signs of life come several times as often.
    package static let newsAge = Duration.seconds(2)
    /// How long it must have reported before its silence is over.
    static let relief = Duration.seconds(2)
    /// So many endings that nobody asked for within this time make it restless, until none has come for a while.
    static let many = 3
    static let span = Duration.seconds(600)
    static let calm = Duration.seconds(300)

    private var state = RelayCondition.starting
    private var since: Instant?
    /// Endings that nobody asked for, as they were counted last.
    private var counted: UInt64?
    /// When the newest of those were, of each since the first look.
    private var endings: [Instant] = []
    /// When it was last seen to come to an end again and again.
    private var restlessAt: Instant?
    /// Since when it has reported after a silence.
    private var heardSince: Instant?

    package init() {}

    /// The verdict of somebody who has not looked before.
    static func glance(_ relay: RelayStatus, at now: Instant) -> RelayVerdict {
        var health = RelayHealth()
        return health.judge(relay, at: now)
    }

    /// - Parameters:
    ///   - relay: What is true of it now.
    ///   - now: The host's clock.
    /// - Returns: What is to be said of it.
    package mutating func judge(_ relay: RelayStatus, at now: Instant) -> RelayVerdict {
        self.count(relay, at: now)
        let found = self.find(relay, at: now)
        let next = self.settled(found, at: now)
        if next != self.state || self.since == nil {
            self.since = self.start(of: next, relay, at: now)
            self.state = next
        }
        let reason = next == found ? Self.reason(next, relay) : .reporting
        let sentences = RelaySentences(relay: relay, state: next, isBack: next != found, now: now)
        return RelayVerdict(
            name: relay.name,
            state: next,
            since: self.since ?? now,
            reason: reason,
            isGood: relay.serves && !relay.isSilent(at: now),
            sentence: sentences.sentence(in: .english),
            japanese: sentences.sentence(in: .japanese)
        )
    }

    private mutating func count(_ relay: RelayStatus, at now: Instant) {
        let count = relay.endings.filter { $0.key != .replaced }.values
            .reduce(UInt64(0)) { $0.addingReportingOverflow($1).partialValue }
        // What was before anybody looked is no news.
        if let counted, count > counted {
            let at = min(relay.lastEnding?.at ?? now, now)
            self.endings += Array(repeating: at, count: Int(min(count - counted, UInt64(Self.many))))
            self.endings = self.endings.suffix(Self.many)
            if self.restlessAt != nil { self.restlessAt = now }
        }
        self.counted = count
        self.endings.removeAll { now - $0 >= Self.span }
        if self.endings.count >= Self.many, self.restlessAt == nil { self.restlessAt = self.endings.last }
        if relay.state == .backingOff { self.restlessAt = now }
        if let last = self.restlessAt, now - last >= Self.calm {
            self.restlessAt = nil
            self.endings = []
        }
    }

    private func find(_ relay: RelayStatus, at now: Instant) -> RelayCondition {
        switch relay.state {
        case .stopped: return .stopped
        case .draining: return .draining
        case .backingOff: return .restless
        case .starting, .configuring:
            if self.restlessAt != nil { return .restless }
            return relay.lastEnding == nil ? .starting : .restarting
        case .ready, .replacing:
            if relay.starvation > .zero { return .starved }
            if relay.isSilent(at: now) { return .silent }
            if self.restlessAt != nil { return .restless }
            return self.isOverloaded(relay) ? .overloaded : .serving
        }
    }

    /// One that has been so is until it has been well for longer than a moment.
    private func isOverloaded(_ relay: RelayStatus) -> Bool {
        relay.throttling?.isGrave(before: self.state == .overloaded) ?? false
    }

    /// One that has just reported again may be silent again in a moment.
    private mutating func settled(_ found: RelayCondition, at now: Instant) -> RelayCondition {
        guard self.state == .silent || self.state == .starved,
            found == .serving || found == .restless || found == .overloaded
        else {
            self.heardSince = nil
            return found
        }
        let since = self.heardSince ?? now
        self.heardSince = since
        return now - since >= Self.relief ? found : self.state
    }

    private func start(of state: RelayCondition, _ relay: RelayStatus, at now: Instant) -> Instant {
        switch state {
        case .starting, .restarting, .draining, .stopped: min(relay.since, now)
        case .silent, .starved: min(relay.toldAt, now)
        // Whoever looks for the first time late is told since when it has been so.
        case .serving, .restless: self.since == nil ? min(relay.since, now) : now
        case .overloaded: now
        }
    }

    private static func reason(_ state: RelayCondition, _ relay: RelayStatus) -> RelayReason? {
        switch state {
        case .restarting, .restless: relay.lastEnding.map { .ending($0.cause) }
        case .serving: relay.state == .replacing ? .replacing : nil
        case .starting, .silent, .starved, .overloaded, .draining, .stopped: nil
        }
    }
}

extension RelayStatus {
    /// When it last told anything, or could have for the first time.
    package var toldAt: Instant { self.heardAt ?? self.snapshot?.clock.now ?? self.since }

    /// Whether it serves and has told nothing for so long that nobody knows how its streams are.
    package func isSilent(at now: Instant) -> Bool { self.serves && now - self.toldAt > RelayHealth.newsAge }
}

package import Contract

/// Judges one destination over time. Its memory outlives the relay's instance: who was not reached before is not called reached
/// because nobody has tried yet.
package struct DestinationHealth: Sendable {
    /// How long it must not have been sent to before that is a fault: a connection that is made anew at once is none.
    static let onset = Duration.seconds(2)
    /// The same where no reason is known.
    static let patience = Duration.seconds(10)
    /// How long it must have been sent to before the fault is over.
    static let relief = Duration.seconds(2)

    private var state = DestinationState.waiting
    private var since: Instant?
    /// Since when it has not been sent to while its stream was on air.
    private var missingSince: Instant?
    /// Why it was not, when that was last known.
    private var trouble: DestinationTrouble?

    package init() {}

    /// - Parameters:
    ///   - destination: What the relay has told of it.
    ///   - isOnAir: Whether its stream has a source.
    ///   - now: The relay's clock.
    /// - Returns: What is to be said of it.
    package mutating func judge(
        _ destination: DestinationSnapshot,
        isOnAir: Bool,
        at now: Instant
    ) -> DestinationVerdict {
        self.trouble = destination.trouble ?? self.trouble
        let next = self.next(destination, isOnAir: isOnAir, at: now)
        if next == .sending || next == .waiting { self.trouble = destination.trouble }
        if next != self.state || self.since == nil {
            self.state = next
            self.since = now
        }
        return DestinationVerdict(
            destination,
            next,
            since: self.since ?? now,
            reason: next == .failing ? self.trouble : nil,
            at: now
        )
    }

    private mutating func next(_ destination: DestinationSnapshot, isOnAir: Bool, at now: Instant) -> DestinationState {
        guard isOnAir else {
            self.missingSince = nil
            return .waiting
        }
        if let start = destination.sendingSince {
            guard self.state == .failing else {
                self.missingSince = nil
                return .sending
            }
            guard now - start >= Self.relief else { return .failing }
            self.missingSince = nil
            return .sending
        }
        let missing = self.missingSince ?? now
        self.missingSince = missing
        switch self.state {
        case .failing: return .failing
        case .waiting, .starting, .sending:
            guard now - missing >= (self.trouble == nil ? Self.patience : Self.onset) else {
                return self.state == .sending ? .sending : .starting
            }
            return .failing
        }
    }
}

/// What is to be said of a destination at one moment.
package struct DestinationVerdict: Hashable, Sendable {
    package let destination: DestinationSnapshot
    package let state: DestinationState
    package let since: Instant

    /// Why it fails; nil while it does not.
    package let reason: DestinationTrouble?

    /// Its address is told to the operator only.
    package let wording: Wording

    package var sentence: String { self.wording.sentence }
    package var detail: String { self.wording.detail }

    init(
        _ destination: DestinationSnapshot,
        _ state: DestinationState,
        since: Instant,
        reason: DestinationTrouble?,
        at now: Instant
    ) {
        self.destination = destination
        self.state = state
        self.since = since
        self.reason = reason
        let sentences = DestinationSentences(destination, state, reason, time: now - since)
        self.wording = Wording(sentences.sentence)
    }
}

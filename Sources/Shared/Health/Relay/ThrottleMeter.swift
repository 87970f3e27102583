package import Contract

/// Makes shares of time from how long an instance has been kept from the processor since its start.
package struct ThrottleMeter: Sendable {
    /// What a share is of, and how long the highest is remembered.
    private static let span = Duration.seconds(10)
    private static let memory = Duration.seconds(60)
    /// Between two readings that are kept, whoever asks how often.
    private static let interval = Duration.seconds(1)

    private struct Reading: Sendable {
        let at: Instant
        let throttled: Duration
    }

    private var instance: String?
    private var readings: [Reading] = []
    /// The shares that have been, the highest of each second.
    private var shares: [(at: Instant, share: Double)] = []

    package init() {}

    /// - Parameters:
    ///   - throttled: Since the instance's start; nil where nobody counts it.
    ///   - instance: Which it is: another begins at zero.
    ///   - now: The host's clock.
    /// - Returns: Nil where nobody counts it, and until it has been looked at for a second.
    package mutating func note(_ throttled: Duration?, of instance: String?, at now: Instant) -> Throttling? {
        if instance != self.instance {
            self.instance = instance
            self.readings = []
        }
        self.shares.removeAll { now - $0.at > Self.memory }
        guard let throttled else { return nil }
        guard let last = self.readings.last else {
            self.readings = [Reading(at: now, throttled: throttled)]
            return nil
        }
        if now - last.at >= Self.interval {
            self.readings.append(Reading(at: now, throttled: throttled))
            // The oldest that is kept is as old as the span, so that a share is of all of it.
            while self.readings.count > 2, now - self.readings[1].at >= Self.span { self.readings.removeFirst() }
        }
        guard let first = self.readings.first, now - first.at >= Self.interval else { return nil }
        // Every processor that it is kept from is counted by itself.
        let share = min(max((throttled - first.throttled) / (now - first.at), 0), 1)
        if let newest = self.shares.last, now - newest.at < Self.interval {
            self.shares[self.shares.count - 1].share = max(newest.share, share)
        } else {
            self.shares.append((now, share))
        }
        return Throttling(recent: share, highest: self.shares.map(\.share).max() ?? share)
    }
}

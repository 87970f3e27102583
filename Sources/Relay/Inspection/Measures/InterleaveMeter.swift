/// How far sound and picture of the same time are apart when they come, from how far each has come at each look. Whoever plays
/// both has to wait for the later one.
package struct InterleaveMeter: Hashable, Sendable {
    private struct Look: Hashable, Sendable {
        var at: Int64
        /// How far sound is ahead of picture, µs, beyond what packets are apart.
        var lead: Int64
    }

    /// How far back looks count, and for how long there must have been some, µs: one large picture on a slow line is late for
    /// less.
    private static let window: Int64 = 8_000_000
    private static let longestPause: Int64 = 4_000_000
    private static let mostLooks = 64
    /// What is more is no interleaving, µs: the clocks have nothing to do with one another.
    private static let most: Int64 = 60_000_000

    private var looks: [Look] = []

    package init() {}

    /// Notes how far sound is ahead of picture, µs, at an instant; `grain` is the longest time from one packet to the next.
    package mutating func note(lead: Int64, grain: Int64, at now: Int64) {
        if let last = self.looks.last {
            guard now > last.at else { return }
            if now &- last.at > Self.longestPause { self.looks = [] }
        }
        guard (-Self.most...Self.most).contains(lead) else { return self.forget() }
        let grain = min(max(grain, 0), Self.most)
        let beyond = max(abs(lead) - grain, 0)
        self.looks.append(Look(at: now, lead: lead < 0 ? -beyond : beyond))
        self.looks.removeAll { now &- $0.at > Self.window }
        if self.looks.count > Self.mostLooks { self.looks.removeFirst() }
    }

    package mutating func forget() { self.looks = [] }

    /// Seconds by which sound comes before the picture of the same time, negative where it comes after it: the least of all
    /// looks, and 0 where they differ in which comes first; nil while too little is known.
    package var gap: Double? {
        guard let first = self.looks.first, let last = self.looks.last,
            last.at &- first.at >= Self.window - Self.window / 4, let least = self.looks.map(\.lead).min(),
            let most = self.looks.map(\.lead).max()
        else { return nil }
        let gap = least > 0 ? least : most < 0 ? most : 0
        return Double(gap) / 1_000_000
    }
}

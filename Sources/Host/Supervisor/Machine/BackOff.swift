/// Holds the next instance back when those before it died young.
struct BackOff: Hashable, Sendable {
    private var youngDeaths = 0

    /// Notes a death and says how long to wait: not at all the first time.
    mutating func died(young: Bool, _ deadlines: RelayDeadlines) -> Duration {
        guard young else { return .zero }
        self.youngDeaths += 1
        guard self.youngDeaths > 1 else { return .zero }
        // Six doublings are more than the bounds allow; the rest would only overflow.
        let wait = deadlines.firstBackOff * (1 << min(self.youngDeaths - 2, 16))
        return min(wait, deadlines.lastBackOff)
    }

    mutating func forget() {
        self.youngDeaths = 0
    }
}

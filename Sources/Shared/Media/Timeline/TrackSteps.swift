/// Tells timestamps that go back again and again from one step of a track against the others.
struct TrackSteps: Sendable {
    enum Finding: Hashable, Sendable {
        /// A timestamp came before the one before it, and the next ones did not go on from there.
        case regression
        /// The track stepped back by so many µs and has gone on from there.
        case step(Int64)
    }

    /// How far the source stepped back, and how many packets have gone on from there.
    private var pending: (distance: Int64, followers: Int)?

    /// So many packets have to go on from where a step led.
    private static let proof = 3

    /// - Parameters:
    ///   - step: from the packet before to this one by the source's clock, µs.
    ///   - interval: what it usually is.
    /// - Returns: what has become plain with this packet.
    mutating func note(_ step: Int64, interval: Int64) -> Finding? {
        if step < 0 {
            defer { self.pending = (interval &- step, 0) }
            return self.pending == nil ? nil : .regression
        }
        guard let pending else { return nil }
        guard step &- interval <= pending.distance / 2 else {
            self.pending = nil
            return .regression
        }
        guard pending.followers + 1 >= Self.proof else {
            self.pending = (pending.distance, pending.followers + 1)
            return nil
        }
        self.pending = nil
        return .step(pending.distance)
    }
}

/// Tells timestamps that go back again and again from a track that stepped, back or ahead, and went on from there.
struct TrackSteps: Sendable, Codable {
    enum Finding: Hashable, Sendable {
        /// A timestamp came before the one before it, and the next ones did not go on from there.
        case regression
        /// The track stepped back by so many µs, or ahead by a negative number of them, and has gone on from there.
        case step(Int64)
    }

    private enum Pending: Sendable, Codable {
        /// The track stepped back so far, µs, and so many packets have gone on from there.
        case back(distance: Int64, followers: Int)
        /// The same ahead.
        case ahead(Ahead, followers: Int)
    }

    private struct Ahead: Sendable, Codable {
        /// How far, µs.
        var distance: Int64
        /// What the track led by, and from one packet to the next before, µs.
        var lead: Int64
        var interval: Int64
    }

    private var pending: Pending?
    /// The most by which the track's times have led their arrival of late, µs; nil before the first packet.
    private var lead: RecentMaximum?
    private var packets = 0

    /// So many packets have to go on from where a step led.
    private static let proof = 3
    /// A step ahead of less than this is none, µs: pictures do not come at one distance.
    private static let leastAhead: Int64 = 150_000
    /// Packets for which the lead of one counts: after a stall times catch up with what they were, which is no step.
    private static let memory = 2048
    /// Packets of a track before a step ahead is looked for: encoders begin unevenly.
    private static let start = 50

    /// - Parameters:
    ///   - step: from the packet before to this one by the source's clock, µs.
    ///   - interval: what it usually is.
    ///   - lead: by how much the packet's time is ahead of its arrival, µs, on clocks that go on evenly.
    /// - Returns: what has become plain with this packet.
    mutating func note(_ step: Int64, interval: Int64, lead: Int64) -> Finding? {
        defer { self.noteLead(lead) }
        switch self.pending {
        case .ahead(let ahead, let followers):
            return self.follow(ahead, followers, step, lead)
        case .back(let distance, let followers) where step >= 0:
            return self.follow(back: distance, followers, step &- interval, lead)
        case .back:
            self.pending = .back(distance: interval &- step, followers: 0)
            return .regression
        case nil:
            if step < 0 {
                self.pending = .back(distance: interval &- step, followers: 0)
            } else if step &- interval >= Self.leastAhead, self.packets >= Self.start, let before = self.lead?.value {
                let ahead = Ahead(distance: step &- interval, lead: before, interval: interval)
                self.pending = .ahead(ahead, followers: 0)
            }
            return nil
        }
    }

    private mutating func follow(back distance: Int64, _ followers: Int, _ error: Int64, _ lead: Int64) -> Finding? {
        guard error <= distance / 2 else {
            self.pending = nil
            return .regression
        }
        guard followers + 1 >= Self.proof else {
            self.pending = .back(distance: distance, followers: followers + 1)
            return nil
        }
        self.settle(at: lead)
        return .step(distance)
    }

    private mutating func follow(_ ahead: Ahead, _ followers: Int, _ step: Int64, _ lead: Int64) -> Finding? {
        guard step &- ahead.interval >= -ahead.distance / 2 else {
            // A stray time: the track is where it was.
            self.pending = nil
            return step < 0 ? .regression : nil
        }
        guard followers + 1 >= Self.proof else {
            self.pending = .ahead(ahead, followers: followers + 1)
            return nil
        }
        // Pictures that were left out are a gap, and a gap does not lead further than before.
        guard lead &- ahead.lead >= ahead.distance / 2 else {
            self.pending = nil
            return nil
        }
        self.settle(at: lead)
        return .step(0 &- ahead.distance)
    }

    private mutating func settle(at lead: Int64) {
        self.pending = nil
        self.lead = RecentMaximum(window: Self.memory, from: lead)
    }

    private mutating func noteLead(_ lead: Int64) {
        self.packets = min(self.packets + 1, Self.start)
        // What a step that is not proven leads by does not count yet.
        guard self.pending == nil else { return }
        if self.lead == nil { self.lead = RecentMaximum(window: Self.memory, from: lead) }
        self.lead?.note(lead)
    }
}

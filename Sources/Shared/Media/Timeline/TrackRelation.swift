/// Tells a step of one track against the others from one that all tracks make together, which leaves picture and sound as
/// they were.
struct TrackRelation: Sendable, Codable {
    /// How far each track has stepped back since the first of them did, µs.
    private var steps: [TrackID: Int64] = [:]
    /// How far timestamps of a track have jumped, of which the stream's clock may have followed a part as a step.
    private var jumps: [TrackID: Int64] = [:]
    private var since: Int64?

    /// How long the other tracks have to make the same step, µs.
    private static let grace: Int64 = 2_000_000
    /// Steps that differ by less than this are one, µs.
    private static let tolerance: Int64 = 100_000

    /// A track stepped back by so many µs, or ahead by a negative number of them.
    mutating func note(_ distance: Int64, of track: TrackID, now: Int64) {
        self.steps[track, default: 0] &+= distance
        self.since = self.since ?? now
    }

    /// The timestamps of a track jumped back by so many µs, or ahead by a negative number of them.
    mutating func note(jump distance: Int64, of track: TrackID, now: Int64) {
        self.jumps[track, default: 0] &+= distance
        self.since = self.since ?? now
    }

    private func distance(of track: TrackID) -> Int64 {
        let (step, jump) = (self.steps[track] ?? 0, self.jumps[track] ?? 0)
        guard (step < 0) == (jump < 0) else { return step &+ jump }
        return step.magnitude > jump.magnitude ? step : jump
    }

    /// By how much a track has stepped back against another, µs; nil where none has, or it is too early to tell. `tracks` are
    /// those that the source has.
    mutating func due(now: Int64, tracks: some Collection<TrackID>) -> Int64? {
        guard let since = self.since, now &- since >= Self.grace else { return nil }
        let steps = tracks.map(self.distance)
        self = TrackRelation()
        guard let least = steps.min(), let most = steps.max(), most &- least >= Self.tolerance else { return nil }
        return most.magnitude >= least.magnitude ? most &- least : least &- most
    }
}

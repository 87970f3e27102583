/// Tells a step of one track against the others from one that all tracks make together, which leaves picture and sound as
/// they were.
struct TrackRelation: Sendable, Codable {
    /// How far each track has stepped back since the first of them did, µs.
    private var steps: [TrackID: Int64] = [:]
    private var since: Int64?

    /// How long the other tracks have to make the same step, µs.
    private static let grace: Int64 = 1_000_000
    /// Steps that differ by less than this are one, µs.
    private static let tolerance: Int64 = 100_000

    /// A track stepped back by so many µs, or ahead by a negative number of them.
    mutating func note(_ distance: Int64, of track: TrackID, now: Int64) {
        self.steps[track, default: 0] &+= distance
        self.since = self.since ?? now
    }

    /// By how much a track has stepped back against another, µs; nil where none has, or it is too early to tell. `tracks` are
    /// those that the source has.
    mutating func due(now: Int64, tracks: some Collection<TrackID>) -> Int64? {
        guard let since = self.since, now &- since >= Self.grace else { return nil }
        let steps = tracks.map { self.steps[$0] ?? 0 }
        self = TrackRelation()
        guard let least = steps.min(), let most = steps.max(), most &- least >= Self.tolerance else { return nil }
        return most.magnitude >= least.magnitude ? most &- least : least &- most
    }
}

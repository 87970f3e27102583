/// Puts the RTP timestamps of a source's tracks on one common clock, µs.
///
/// Each track's clock starts anywhere. The first packet of a track is placed by when it came beside the others. Sender
/// reports say exactly how the clocks belong together (RFC 3550 section 6.4.1): before a track's first packet that
/// decides its place; later the track moves there slowly, so that nobody sees a jump. The first track of sound is the one
/// that the others follow, because sound cannot be stretched unheard. Where tracks jump together they keep their relation.
struct RTPSynchronizer: Sendable, Codable {
    /// A track's clock jumped.
    private struct Jump: Sendable, Codable {
        var track: Int
        /// µs.
        var distance: Int64
        /// What the track's offset was moved by so that its times go on, µs: all of it, or nothing.
        var shift: Int64
        var arrival: Int64
    }

    private var tracks: [RTPTrackClocks]
    private var lastJump: Jump?

    /// Reports not used: a clock no packet agrees with, or not one clock for all tracks.
    private(set) var doubtfulReports: UInt64 = 0

    /// How far a report's timestamp may be from the packets', µs.
    private static let reportReach: Int64 = 5_000_000
    /// How much the distance of two tracks' reports by the sender's clock and by ours may differ, µs.
    private static let reportSkew: Int64 = 1_000_000
    /// Jumps of two tracks are one where they come within this of one another and differ by no more than arrival does, µs.
    private static let jumpGrace: Int64 = 2_000_000
    private static let jumpTolerance: Int64 = 300_000
    /// Beyond these a step within a track's run is noted, for another track may take it for a jump, µs.
    private static let largeAhead: Int64 = 700_000
    private static let largeBack: Int64 = -4_700_000

    /// - Parameter tracks: Ticks a second and whether it is sound, for every medium.
    init(_ tracks: [(rate: Int, isSound: Bool)]) {
        self.tracks = tracks.map { RTPTrackClocks(rate: $0.rate, isSound: $0.isSound) }
    }

    /// Whether it was written down of a source with so many media, and can have been so.
    func isPlausible(like other: RTPSynchronizer) -> Bool {
        self.tracks.count == other.tracks.count && self.tracks.allSatisfy(\.isPlausible)
            && self.doubtfulReports < RTPLimits.counted
    }

    /// A packet came; the order does not matter.
    mutating func note(_ timestamp: UInt32, of track: Int, now: Int64) {
        let others = self.recentJump(of: track, now)
        let deviation = self.tracks[track].note(timestamp, now: now) { deviation in
            others.map { $0.shift != 0 && Self.isOne($0.distance, deviation) } ?? false
        }
        // A step that is just no jump to this track may be one to another.
        guard let deviation, deviation > Self.largeAhead || deviation < Self.largeBack else { return }
        self.lastJump = Jump(track: track, distance: deviation, shift: 0, arrival: now)
    }

    /// The jump of another track just now.
    private func recentJump(of track: Int, _ now: Int64) -> Jump? {
        self.lastJump.flatMap { $0.track != track && now &- $0.arrival <= Self.jumpGrace ? $0 : nil }
    }

    private static func isOne(_ jump: Int64, _ other: Int64) -> Bool {
        (jump &- other).magnitude <= UInt64(Self.jumpTolerance)
    }

    /// What comes of the track from now on is by another clock: another source, or one that started anew.
    mutating func restart(_ track: Int, rate: Int? = nil) {
        self.tracks[track].restart(rate: rate)
    }

    /// The common time of an access unit that is given out, µs.
    mutating func place(_ timestamp: UInt32, of track: Int, now: Int64) -> Int64 {
        if self.tracks[track].isEmpty { self.note(timestamp, of: track, now: now) }
        guard let position = self.tracks[track].position(of: timestamp, now: now) else { return 0 }
        if !position.isMapped {
            self.tracks[track].map(position, by: self.offset(for: position, of: track, now: now))
            self.aim()
        }
        return self.tracks[track].place(position) ?? 0
    }

    // MARK: - Offsets

    private mutating func offset(
        for position: RTPTrackClocks.Position,
        of track: Int,
        now: Int64
    ) -> SlewedOffset {
        guard let jump = position.jump else {
            return SlewedOffset(self.firstOffset(track, position.own, now), from: position.own)
        }
        // By arrival the track goes on from where it stood; where another jumped with it, both move alike.
        if let other = self.recentJump(of: track, now), Self.isOne(other.distance, jump.distance) {
            return jump.from.shifted(by: other.shift, from: position.own)
        }
        self.lastJump = Jump(track: track, distance: jump.distance, shift: jump.distance, arrival: now)
        return jump.from.shifted(by: jump.distance, from: position.own)
    }

    private func firstOffset(_ track: Int, _ own: Int64, _ now: Int64) -> Int64 {
        let others = self.tracks.indices.filter { $0 != track && self.tracks[$0].present?.offset != nil }
        for other in others.sorted(by: { self.rank($0) < self.rank($1) }) {
            if let offset = self.exactOffset(of: track, by: other) { return offset }
        }
        // By arrival: the track's own time as it stood, else that of the track that came last.
        let newest = others.max { self.arrival($0) < self.arrival($1) }
        guard let known = self.tracks[track].furthest ?? newest.flatMap({ self.tracks[$0].furthest }) else {
            return 0 &- own
        }
        return known.time &+ max(0, now &- known.arrival) &- own
    }

    private func arrival(_ track: Int) -> Int64 { self.tracks[track].present?.furthest?.arrival ?? 0 }

    // MARK: - Reports

    /// A sender's report on a track.
    mutating func report(_ time: NTPTime, _ timestamp: UInt32, of track: Int, now: Int64) {
        guard time.isKnown else { return }
        guard self.tracks[track].report(time.microseconds, timestamp, reach: Self.reportReach, now: now) else {
            self.doubtfulReports += 1
            return
        }
        self.aim()
    }

    /// Sets where the tracks have to go by their latest reports.
    private mutating func aim() {
        let placed = self.tracks.indices.filter {
            self.tracks[$0].present?.offset != nil && self.tracks[$0].present?.report != nil
        }
        guard let leader = placed.min(by: { self.rank($0) < self.rank($1) }) else { return }
        self.tracks[leader].aim(at: nil)
        for track in placed where track != leader {
            if let offset = self.exactOffset(of: track, by: leader) { self.tracks[track].aim(at: offset) }
        }
    }

    /// Sound leads, in the order of the description.
    private func rank(_ track: Int) -> Int { self.tracks[track].isSound ? track : track + self.tracks.count }

    /// The offset at which the track stands to the other as both senders' reports say; nil if they do not go together.
    private func exactOffset(of track: Int, by other: Int) -> Int64? {
        guard let mine = self.tracks[track].present?.report, let theirs = self.tracks[other].present?.report,
            let offset = self.tracks[other].present?.offset
        else { return nil }
        // A sender whose clock was set, or that has one for each track, is not to be followed.
        let apart = mine.time &- theirs.time
        guard (apart &- (mine.arrival &- theirs.arrival)).magnitude <= UInt64(Self.reportSkew) else { return nil }
        return theirs.own &+ offset.current &+ apart &- mine.own
    }
}

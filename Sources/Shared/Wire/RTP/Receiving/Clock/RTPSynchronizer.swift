/// Puts the RTP timestamps of a source's tracks on one common clock, µs.
///
/// Each track's clock starts anywhere. The first packet of a track is placed by when it came beside the others. Sender
/// reports say exactly how the clocks belong together (RFC 3550 section 6.4.1): before a track's first packet that
/// decides its place; later the track moves there slowly, so that nobody sees a jump. The first track of sound is the one
/// that the others follow, because sound cannot be stretched unheard.
struct RTPSynchronizer: Sendable {
    private struct Line: Sendable {
        let isSound: Bool
        var rate: Int64
        /// The clock in force, and behind it others that its packets may belong to: the ones before, or the next one,
        /// until enough packets agree that it is.
        var clocks: [RTPTrackClock] = []
        /// The track's furthest common time before its clock began anew, and when it came.
        var before: (time: Int64, arrival: Int64)?

        var offset: Int64? { self.clocks.first?.offset }
        var report: RTPTrackClock.Report? { self.clocks.first?.report }
        var arrival: Int64 { self.clocks.first?.furthest?.arrival ?? 0 }

        /// The furthest packet's common time, and when it came.
        var furthest: (time: Int64, arrival: Int64)? {
            guard let clock = self.clocks.first, let offset = clock.offset, let furthest = clock.furthest else {
                return self.before
            }
            return (furthest.time &+ offset, furthest.arrival)
        }
    }

    private var lines: [Line]

    /// Reports not used: a clock no packet agrees with, or not one clock for all tracks.
    private(set) var doubtfulReports: UInt64 = 0

    /// Clocks of a track that are kept.
    private static let mostClocks = 3
    /// So many timestamps have to agree that the clock is another: a few stray ones do not.
    private static let proof = 3
    /// How far a report's timestamp may be from the packets', µs.
    private static let reportReach: Int64 = 5_000_000
    /// How much the distance of two tracks' reports by the sender's clock and by ours may differ, µs.
    private static let reportSkew: Int64 = 1_000_000
    /// Up to this error a track moves slowly, beyond it a tenth of the time that passes, µs.
    private static let coarse: Int64 = 40_000
    /// A gap in a track counts for no more than this, µs.
    private static let longestSlew: Int64 = 2_000_000
    /// The time in which a small error shrinks to a third, µs.
    private static let settling: Int64 = 8_000_000

    /// - Parameter tracks: Ticks a second and whether it is sound, for every medium.
    init(_ tracks: [(rate: Int, isSound: Bool)]) {
        self.lines = tracks.map { Line(isSound: $0.isSound, rate: Int64(max(1, $0.rate))) }
    }

    /// A packet came; the order does not matter.
    mutating func note(_ timestamp: UInt32, of track: Int, now: Int64) {
        let place = self.lines[track].clocks.firstIndex { $0.fits(timestamp, now: now) }
        guard let place else {
            var clock = RTPTrackClock(timestamp, rate: self.lines[track].rate)
            clock.note(timestamp, now: now)
            let isFirst = self.lines[track].clocks.isEmpty
            self.lines[track].clocks.insert(clock, at: isFirst ? 0 : 1)
            if self.lines[track].clocks.count > Self.mostClocks { self.lines[track].clocks.removeLast() }
            return
        }
        self.lines[track].clocks[place].note(timestamp, now: now)
        if place == 0 {
            for other in self.lines[track].clocks.indices.dropFirst() { self.lines[track].clocks[other].interrupt() }
        } else if self.lines[track].clocks[place].evidence + 1 >= Self.proof {
            let clock = self.lines[track].clocks.remove(at: place)
            self.lines[track].clocks.insert(clock, at: 0)
        }
    }

    /// What comes of the track from now on is by another clock: another source, or one that started anew.
    mutating func restart(_ track: Int, rate: Int? = nil) {
        self.lines[track].before = self.lines[track].furthest
        self.lines[track].clocks = []
        if let rate { self.lines[track].rate = Int64(max(1, rate)) }
    }

    /// The common time of an access unit that is given out, µs.
    mutating func place(_ timestamp: UInt32, of track: Int, now: Int64) -> Int64 {
        let clocks = self.lines[track].clocks
        let index = clocks.indices.min { clocks[$0].distance(to: timestamp) < clocks[$1].distance(to: timestamp) }
        guard let index else {
            self.note(timestamp, of: track, now: now)
            return self.place(timestamp, of: track, now: now)
        }
        var clock = clocks[index]
        let own = clock.own(timestamp)
        guard let offset = clock.offset else {
            // A clock that is not in force yet goes on from where the other one stands.
            let offset = index == 0 ? self.firstOffset(track, own, now) : self.offsetByArrival(track, own, now)
            self.lines[track].clocks[index].offset = offset
            self.lines[track].clocks[index].slewed = own
            self.aim()
            return own &+ offset
        }
        let span = max(0, min(own &- clock.slewed, Self.longestSlew))
        clock.slewed = max(own, clock.slewed)
        defer { self.lines[track].clocks[index] = clock }
        guard let target = clock.target else { return own &+ offset }
        let error = target &- offset
        let step =
            error.magnitude > Self.coarse ? (error < 0 ? -span / 10 : span / 10) : error * span / Self.settling
        let moved = step.magnitude > error.magnitude ? target : offset &+ step
        clock.offset = moved
        return own &+ moved
    }

    private func firstOffset(_ track: Int, _ own: Int64, _ now: Int64) -> Int64 {
        let others = self.lines.indices.filter { $0 != track && self.lines[$0].offset != nil }
        for other in others.sorted(by: { self.rank($0) < self.rank($1) }) {
            if let offset = self.exactOffset(of: track, by: other) { return offset }
        }
        return self.offsetByArrival(track, own, now)
    }

    /// By arrival: the track's own time as it stood, else that of the track that came last.
    private func offsetByArrival(_ track: Int, _ own: Int64, _ now: Int64) -> Int64 {
        let others = self.lines.indices.filter { $0 != track && self.lines[$0].offset != nil }
        let newest = others.max { self.lines[$0].arrival < self.lines[$1].arrival }
        guard let known = self.lines[track].furthest ?? newest.flatMap({ self.lines[$0].furthest }) else {
            return 0 &- own
        }
        return known.time &+ max(0, now &- known.arrival) &- own
    }

    /// A sender's report on a track.
    mutating func report(_ time: NTPTime, _ timestamp: UInt32, of track: Int, now: Int64) {
        guard time.isKnown else { return }
        if self.lines[track].clocks.isEmpty {
            self.lines[track].clocks = [RTPTrackClock(timestamp, rate: self.lines[track].rate)]
        }
        let clock = self.lines[track].clocks[0]
        let own = clock.own(timestamp)
        if let furthest = clock.furthest {
            let wanted = furthest.time &+ max(0, now &- furthest.arrival)
            guard (own &- wanted).magnitude <= Self.reportReach else {
                self.doubtfulReports += 1
                return
            }
        }
        self.lines[track].clocks[0].report = .init(time: time.microseconds, own: own, arrival: now)
        self.aim()
    }

    /// Sets where the tracks have to go by their latest reports.
    private mutating func aim() {
        let placed = self.lines.indices.filter { self.lines[$0].offset != nil && self.lines[$0].report != nil }
        guard let leader = placed.min(by: { self.rank($0) < self.rank($1) }) else { return }
        self.lines[leader].clocks[0].target = nil
        for track in placed where track != leader {
            if let offset = self.exactOffset(of: track, by: leader) {
                self.lines[track].clocks[0].target = offset
            }
        }
    }

    private func rank(_ track: Int) -> Int { self.lines[track].isSound ? track : track + self.lines.count }

    /// The offset at which the track stands to the other as both senders' reports say; nil if they do not go together.
    private func exactOffset(of track: Int, by other: Int) -> Int64? {
        guard let mine = self.lines[track].report, let theirs = self.lines[other].report,
            let offset = self.lines[other].offset
        else { return nil }
        // A sender whose clock was set, or that has one for each track, is not to be followed.
        let apart = mine.time &- theirs.time
        guard (apart &- (mine.arrival &- theirs.arrival)).magnitude <= Self.reportSkew else { return nil }
        return theirs.own &+ offset &+ apart &- mine.own
    }
}

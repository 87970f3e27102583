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
        /// The last timestamp, and the same with as many bits as it takes.
        var timestamp: UInt32?
        var extended: Int64 = 0
        /// The furthest packet's time on the track's own clock, and when it came; both µs.
        var latest: Int64?
        var arrival: Int64 = 0
        /// Common time minus the track's own; nil until something of the track was placed.
        var offset: Int64?
        /// Where the offset is to go.
        var target: Int64?
        /// Up to where it may have moved there, on the track's own clock.
        var slewed: Int64 = 0
        var report: Report?
        /// The track's furthest common time before its clock began anew, and when it came.
        var before: (time: Int64, arrival: Int64)?

        /// The time on the track's own clock, µs: nearest to the last, whatever the 32 bits did.
        mutating func own(_ timestamp: UInt32) -> Int64 {
            self.extended = self.extend(timestamp)
            self.timestamp = timestamp
            return self.microseconds(self.extended)
        }

        /// The same, of a timestamp that others are not to be measured by unless there is none yet.
        mutating func own(report timestamp: UInt32) -> Int64 {
            self.timestamp == nil ? self.own(timestamp) : self.microseconds(self.extend(timestamp))
        }

        private func extend(_ timestamp: UInt32) -> Int64 {
            guard let last = self.timestamp else { return Int64(timestamp) }
            return self.extended &+ Int64(Int32(bitPattern: timestamp &- last))
        }

        private func microseconds(_ ticks: Int64) -> Int64 {
            ticks / self.rate &* 1_000_000 &+ ticks % self.rate * 1_000_000 / self.rate
        }
    }

    private struct Report {
        /// µs since 1970-01-01 UTC by the sender.
        var time: Int64
        /// The same instant on the track's own clock, µs.
        var own: Int64
        var arrival: Int64
    }

    private var lines: [Line]

    /// Reports not used: a clock no packet agrees with, or not one clock for all tracks.
    private(set) var doubtfulReports: UInt64 = 0

    /// A packet this far from where the time that passed wants it begins a clock anew, µs.
    private static let jumpAhead: Int64 = 10_000_000
    private static let jumpBack: Int64 = 5_000_000
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
        let own = self.lines[track].own(timestamp)
        guard let latest = self.lines[track].latest else {
            self.lines[track].latest = own
            self.lines[track].arrival = now
            return
        }
        let step = own &- latest
        if step < -Self.jumpBack || step &- max(0, now &- self.lines[track].arrival) > Self.jumpAhead {
            self.restart(track)
            self.lines[track].latest = own
            self.lines[track].arrival = now
        } else if step >= 0 {
            self.lines[track].latest = own
            self.lines[track].arrival = now
        }
    }

    /// What comes of the track from now on is by another clock: another source, or one that started anew.
    mutating func restart(_ track: Int, rate: Int? = nil) {
        if let offset = self.lines[track].offset, let latest = self.lines[track].latest {
            self.lines[track].before = (latest &+ offset, self.lines[track].arrival)
        }
        self.lines[track].offset = nil
        self.lines[track].target = nil
        self.lines[track].report = nil
        self.lines[track].latest = nil
        if let rate { self.lines[track].rate = Int64(max(1, rate)) }
    }

    /// The common time of an access unit that is given out, µs.
    mutating func place(_ timestamp: UInt32, of track: Int, now: Int64) -> Int64 {
        let own = self.lines[track].own(timestamp)
        guard let offset = self.lines[track].offset else {
            let offset = self.firstOffset(track, own, now)
            self.lines[track].offset = offset
            self.lines[track].slewed = own
            self.aim()
            return own &+ offset
        }
        let span = max(0, min(own &- self.lines[track].slewed, Self.longestSlew))
        self.lines[track].slewed = max(own, self.lines[track].slewed)
        guard let target = self.lines[track].target else { return own &+ offset }
        let error = target &- offset
        let step =
            error.magnitude > Self.coarse ? (error < 0 ? -span / 10 : span / 10) : error * span / Self.settling
        let moved = step.magnitude > error.magnitude ? target : offset &+ step
        self.lines[track].offset = moved
        return own &+ moved
    }

    private func firstOffset(_ track: Int, _ own: Int64, _ now: Int64) -> Int64 {
        let others = self.lines.indices.filter { $0 != track && self.lines[$0].offset != nil }
        for other in others.sorted(by: { self.rank($0) < self.rank($1) }) {
            if let offset = self.exactOffset(of: track, by: other) { return offset }
        }
        // By arrival: its own clock as it stood, else the track that came last.
        let elapsed = { (since: Int64) in max(0, now &- since) }
        if let before = self.lines[track].before { return before.time &+ elapsed(before.arrival) &- own }
        let newest = others.max { self.lines[$0].arrival < self.lines[$1].arrival }
        guard let newest, let offset = self.lines[newest].offset, let latest = self.lines[newest].latest else {
            return 0 &- own
        }
        return latest &+ offset &+ elapsed(self.lines[newest].arrival) &- own
    }

    /// A sender's report on a track.
    mutating func report(_ time: NTPTime, _ timestamp: UInt32, of track: Int, now: Int64) {
        guard time.isKnown else { return }
        let own = self.lines[track].own(report: timestamp)
        if let latest = self.lines[track].latest {
            let wanted = latest &+ max(0, now &- self.lines[track].arrival)
            guard (own &- wanted).magnitude <= Self.reportReach else {
                self.doubtfulReports += 1
                return
            }
        }
        self.lines[track].report = Report(time: time.microseconds, own: own, arrival: now)
        self.aim()
    }

    /// Sets where the tracks have to go by their latest reports.
    private mutating func aim() {
        let placed = self.lines.indices.filter { self.lines[$0].offset != nil && self.lines[$0].report != nil }
        guard let leader = placed.min(by: { self.rank($0) < self.rank($1) }) else { return }
        self.lines[leader].target = nil
        for track in placed where track != leader {
            if let offset = self.exactOffset(of: track, by: leader) { self.lines[track].target = offset }
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

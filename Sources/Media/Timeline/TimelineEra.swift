/// A run of a source's clock without a jump: one offset to the stream's clock, shared by all tracks, so that audio and
/// video keep the relation the source gave them.
struct TimelineEra: Sendable {
    /// A source's time, unwrapped, and when it was received, both µs.
    struct Mark: Sendable {
        var time: Int64
        var arrival: Int64

        func elapsed(_ now: Int64) -> Int64 { max(0, now &- self.arrival) }
    }

    /// How a packet carries an era on.
    struct Fit {
        /// The packet's unwrapped decoding time, µs.
        var time: Int64
        /// How far that is from what was to be expected, µs.
        var misfit: Int64
    }

    /// How far a track may step back, or run ahead of the time that really passed and of the other tracks, before that
    /// is a jump of the clock and not jitter, µs.
    static let slack: Int64 = 500_000

    /// How far apart tracks of one source may be, µs: encoders that start audio seconds after video or interleave
    /// coarsely stay within it.
    static let reach: Int64 = 10_000_000

    let id: UInt64
    let birth: Int64

    /// Stream time minus the source's unwrapped time, µs.
    var offset: Int64

    /// The latest time of any track.
    private(set) var head: Mark
    private(set) var lastUse: Int64
    /// The latest time of each track.
    private var tracks: [TrackID: Mark] = [:]

    init(id: UInt64, offset: Int64, track: TrackID, first mark: Mark) {
        self.id = id
        self.birth = mark.arrival
        self.offset = offset
        self.head = mark
        self.lastUse = mark.arrival
        self.tracks[track] = mark
    }

    func has(_ track: TrackID) -> Bool { self.tracks[track] != nil }

    /// How the timestamp carries this era on, or nil if it can only come from another one.
    func fit(_ timestamp: Int64, of track: TrackID, clock: SourceClock, now: Int64) -> Fit? {
        let time = clock.unwrap(timestamp, near: self.head.time)
        guard let last = self.tracks[track] else {
            let step = time &- self.head.time
            let ahead = step &- self.head.elapsed(now)
            return step >= -Self.reach && ahead <= Self.reach ? Fit(time: time, misfit: max(0, -step, ahead)) : nil
        }
        let step = time &- last.time
        // An encoder that dropped its pictures on a bad line is ahead by far, but its audio shows that this is right.
        let ahead = min(step &- last.elapsed(now), (time &- self.head.time) &- self.head.elapsed(now))
        // A track alone cannot lose its relation to another: a slow slide show may come as fast as the line carries it.
        let room = self.tracks.count == 1 ? Self.reach : Self.slack
        return step >= -Self.slack && ahead <= room ? Fit(time: time, misfit: max(0, -step, ahead)) : nil
    }

    mutating func advance(_ track: TrackID, to mark: Mark) {
        self.lastUse = mark.arrival
        guard let last = self.tracks[track], mark.time &- last.time <= 0 else {
            self.tracks[track] = mark
            if mark.time &- self.head.time > 0 { self.head = mark }
            return
        }
    }

    /// Whether both run on what may be the same clock, a small jump apart.
    func isNear(_ other: TimelineEra, clock: SourceClock) -> Bool {
        let distance = clock.unwrap(other.head.time, near: self.head.time) &- self.head.time
        return (-Self.reach...Self.reach).contains(distance)
    }
}

/// A run of a source's clock without a jump: one offset to the stream's clock, shared by all tracks, so that audio and
/// video keep the relation the source gave them.
struct TimelineEra: Sendable, Codable {
    /// A source's time, unwrapped, and when it was received, both µs.
    struct Mark: Sendable, Codable {
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

    /// How far a track's first packet may be ahead of the others, µs: further, it is a stray timestamp until the next.
    static let lead: Int64 = 4_000_000

    let id: UInt64
    let birth: Int64

    /// Stream time minus the source's unwrapped time, µs.
    var offset: Int64

    /// The latest time of any track.
    private(set) var head: Mark
    private(set) var lastUse: Int64
    /// The latest time of each track.
    private var tracks: [TrackID: Mark] = [:]
    /// The last step of each track, µs.
    private var steps: [TrackID: Int64] = [:]
    /// How far the source's clock jumped when the era began, until that was told.
    private var jump: Int64?
    /// Packets that have advanced it.
    private var evidence = 1

    /// So many packets show that an era is one and no stray timestamp or two.
    private static let proof = 3

    var isProven: Bool { self.evidence >= Self.proof }

    init(id: UInt64, offset: Int64, jump: Int64?, track: TrackID, first mark: Mark) {
        self.id = id
        self.birth = mark.arrival
        self.offset = offset
        self.jump = jump
        self.head = mark
        self.lastUse = mark.arrival
        self.tracks[track] = mark
    }

    /// The jump that the era began with, once a second packet has shown that it is one.
    mutating func takeJump() -> Int64? { self.evidence > 1 ? self.jump.take() : nil }

    func has(_ track: TrackID) -> Bool { self.tracks[track] != nil }

    /// How the timestamp carries this era on, or nil if it can only come from another one.
    func fit(_ timestamp: Int64, of track: TrackID, clock: SourceClock, now: Int64) -> Fit? {
        let time = clock.unwrap(timestamp, near: self.head.time)
        guard let last = self.tracks[track] else {
            let step = time &- self.head.time
            let ahead = step &- self.head.elapsed(now)
            return step >= -Self.reach && ahead <= Self.lead ? Fit(time: time, misfit: max(0, -step, ahead)) : nil
        }
        let step = time &- last.time
        // An encoder that dropped its pictures on a bad line is ahead by far, but its audio shows that this is right.
        let ahead = min(step &- last.elapsed(now), (time &- self.head.time) &- self.head.elapsed(now))
        // A track alone cannot lose its relation to another: a slow slide show may come as fast as the line carries it.
        let room = self.tracks.count == 1 ? self.roomAlone(track) : Self.slack
        return step >= -Self.slack && ahead <= room ? Fit(time: time, misfit: max(0, -step, ahead)) : nil
    }

    /// How far a track may run ahead that is alone: no more than its own rhythm allows, once it has one.
    private func roomAlone(_ track: TrackID) -> Int64 {
        guard let step = self.steps[track] else { return Self.reach }
        return max(Self.slack, min(2 &* step, Self.reach))
    }

    mutating func advance(_ track: TrackID, to mark: Mark) {
        self.lastUse = mark.arrival
        self.evidence += 1
        if let last = self.tracks[track], mark.time &- last.time > 0 { self.steps[track] = mark.time &- last.time }
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

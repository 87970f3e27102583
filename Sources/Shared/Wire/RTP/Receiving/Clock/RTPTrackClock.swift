/// One run of a track's RTP clock, without the turns of its 32 bits.
///
/// A single packet never moves it: a timestamp that is further off than packets of one clock can be belongs to another
/// clock, and which of them holds the next packets tell.
struct RTPTrackClock: Sendable {
    /// A sender's report on the track.
    struct Report: Sendable {
        /// µs since 1970-01-01 UTC by the sender.
        var time: Int64
        /// The same instant on the track's own clock, µs.
        var own: Int64
        var arrival: Int64
    }

    private let rate: Int64
    /// The timestamp that others are extended by, and itself with as many bits as it takes.
    private var timestamp: UInt32
    private var extended: Int64

    /// The furthest packet's time, and when it came; nil before the first packet.
    private(set) var furthest: (time: Int64, arrival: Int64)?
    /// From the packet before to the furthest, µs.
    private var step: Int64 = 0
    /// How many timestamps one after the other were of this clock.
    private(set) var evidence = 0

    /// Common time minus the track's own; nil until something of the track was placed.
    var offset: Int64?
    /// Where the offset is to go.
    var target: Int64?
    /// Up to where it may have moved there, on the track's own clock.
    var slewed: Int64 = 0
    var report: Report?

    /// A packet this far ahead of where the time that passed wants it is of another clock, µs, unless its track is slow: its
    /// packets may come faster than their times, as after a stall.
    private static let jumpAhead: Int64 = 1_000_000
    private static let jumpAheadOfSlow: Int64 = 10_000_000
    /// One this far behind the furthest is; pictures are shown in another order than they come in.
    private static let jumpBack: Int64 = 5_000_000

    init(_ timestamp: UInt32, rate: Int64) {
        self.rate = max(1, rate)
        self.timestamp = timestamp
        self.extended = Int64(timestamp)
    }

    /// The time on the track's own clock, µs: nearest to the last, whatever the 32 bits did.
    func own(_ timestamp: UInt32) -> Int64 {
        let ticks = self.extended &+ Int64(Int32(bitPattern: timestamp &- self.timestamp))
        return ticks / self.rate &* 1_000_000 &+ ticks % self.rate * 1_000_000 / self.rate
    }

    /// Whether the packet may be of this clock.
    func fits(_ timestamp: UInt32, now: Int64) -> Bool {
        guard let furthest else { return true }
        let step = self.own(timestamp) &- furthest.time
        let room = max(Self.jumpAhead, min(2 &* self.step, Self.jumpAheadOfSlow))
        return step >= -Self.jumpBack && step &- max(0, now &- furthest.arrival) <= room
    }

    /// How far a timestamp is from the furthest packet, µs.
    func distance(to timestamp: UInt32) -> UInt64 {
        guard let furthest else { return 0 }
        return (self.own(timestamp) &- furthest.time).magnitude
    }

    /// A packet of this clock came; the order does not matter.
    mutating func note(_ timestamp: UInt32, now: Int64) {
        let own = self.own(timestamp)
        guard let furthest else {
            self.follow(timestamp, own, now)
            return
        }
        if own != furthest.time { self.evidence += 1 }
        if own >= furthest.time { self.follow(timestamp, own, now) }
    }

    private mutating func follow(_ timestamp: UInt32, _ own: Int64, _ now: Int64) {
        if let furthest, own > furthest.time { self.step = own &- furthest.time }
        self.extended = self.extended &+ Int64(Int32(bitPattern: timestamp &- self.timestamp))
        self.timestamp = timestamp
        self.furthest = (own, now)
    }

    /// A packet of another clock came between.
    mutating func interrupt() { self.evidence = 0 }
}

/// Where a track's clock stood when a packet came, both µs.
package struct RTPClockReading: Hashable, Sendable, Codable {
    package var time: Int64
    package var arrival: Int64
}

/// Follows one run of a track's RTP clock, from one jump to the next: how far it has come, and which timestamps carry it on.
package struct RTPTrackClock: Sendable, Codable {
    /// A sender's report on the track.
    struct Report: Sendable, Codable {
        /// µs since 1970-01-01 UTC by the sender.
        var time: Int64
        /// The same instant on the track's own clock, µs.
        var own: Int64
        /// When the report came, µs.
        var arrival: Int64
    }

    private var unwrapper: RTPTimestampUnwrapper

    /// The furthest packet's time, and when it came; nil before the first packet.
    package private(set) var furthest: RTPClockReading?
    /// From the packet before to the furthest, µs.
    private var step: Int64 = 0
    /// How many timestamps one after the other were of this run.
    package private(set) var evidence = 0

    /// To the common clock; nil until something of the run was placed.
    var offset: SlewedOffset?
    var report: Report?

    /// A packet this far ahead of where the time that passed wants it is of another run, µs, unless its track is slow: its
    /// packets may come faster than their times, as after a stall.
    private static let jumpAhead: Int64 = 1_000_000
    private static let jumpAheadOfSlow: Int64 = 10_000_000
    /// One this far behind the furthest is; pictures are shown in another order than they come in.
    private static let jumpBack: Int64 = 5_000_000

    package init(_ timestamp: UInt32, rate: Int64) {
        self.unwrapper = RTPTimestampUnwrapper(timestamp, rate: rate)
    }

    /// Begins another run of the same clock, a jump away: its times are read near those of the run before.
    package init(_ timestamp: UInt32, after former: RTPTrackClock) {
        self.unwrapper = former.unwrapper
        self.unwrapper.follow(timestamp)
    }

    /// Whether a run can have been so that was written down.
    var isPlausible: Bool { self.unwrapper.isPlausible }

    /// The time on the track's own clock, µs.
    package func own(_ timestamp: UInt32) -> Int64 { self.unwrapper.time(of: timestamp) }

    /// Where the clock stands by now on its own, µs; nil before the first packet.
    package func expected(now: Int64) -> Int64? {
        self.furthest.map { $0.time &+ max(0, now &- $0.arrival) }
    }

    /// How far a timestamp is ahead of the time that passed, or, as a negative number, behind the furthest packet, µs.
    package func deviation(of timestamp: UInt32, now: Int64) -> Int64 {
        guard let furthest, let expected = self.expected(now: now) else { return 0 }
        let own = self.own(timestamp)
        return own < furthest.time ? own &- furthest.time : max(0, own &- expected)
    }

    /// How far a timestamp is from where the clock stands by now, µs.
    package func distance(to timestamp: UInt32, now: Int64) -> UInt64 {
        self.expected(now: now).map { (self.own(timestamp) &- $0).magnitude } ?? 0
    }

    /// Whether a packet that deviates by so much, µs, can be of this run.
    package func reaches(_ deviation: Int64) -> Bool {
        let room = max(Self.jumpAhead, min(2 &* self.step, Self.jumpAheadOfSlow))
        return deviation >= -Self.jumpBack && deviation <= room
    }

    /// A packet of this run came; the order does not matter.
    package mutating func note(_ timestamp: UInt32, now: Int64) {
        let own = self.own(timestamp)
        if let furthest {
            if own != furthest.time { self.evidence += 1 }
            guard own >= furthest.time else { return }
            if own > furthest.time { self.step = own &- furthest.time }
        }
        self.unwrapper.follow(timestamp)
        self.furthest = RTPClockReading(time: own, arrival: now)
    }

    /// A packet of another run came between.
    package mutating func interrupt() { self.evidence = 0 }
}

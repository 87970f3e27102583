/// What one viewer has seen of a stream.
package struct StreamProgress: Sendable {
    /// Longest step between two timestamps of a track that is not a gap, µs.
    let gapLimit: Int64

    package var video = TrackProgress()
    package var audio = TrackProgress()

    /// A keyframe's first bytes have come.
    package var hasPicture = false

    /// When the publisher sent the pictures that came since somebody last looked, µs on the monotonic clock.
    package var stamps: [UInt64] = []

    package init(gapLimit: Int64) {
        self.gapLimit = gapLimit
    }

    /// How far the stream has come, µs of its own time; by the pictures where there are any.
    package var advance: Int64 { self.video.packets > 0 ? self.video.advance : self.audio.advance }

    package var gaps: Int { self.video.gaps + self.audio.gaps }
    package var regressions: Int { self.video.regressions + self.audio.regressions }

    mutating func noteVideo(_ time: TrackTime, duration: Int64 = 0, isKeyframe: Bool) {
        self.video.note(time, duration: duration, gapLimit: self.gapLimit)
        if isKeyframe { self.hasPicture = true }
    }

    mutating func noteAudio(_ time: TrackTime, duration: Int64 = 0) {
        self.audio.note(time, duration: duration, gapLimit: self.gapLimit)
    }
}

/// A timestamp as a format writes it.
struct TrackTime: Sendable {
    let ticks: UInt64
    let ticksPerSecond: Int64
    /// How many bits the format has for it: it wraps.
    let bits: Int

    /// RTMP and FLV: milliseconds.
    static func milliseconds(_ value: UInt32) -> TrackTime {
        TrackTime(ticks: UInt64(value), ticksPerSecond: 1000, bits: 32)
    }

    /// From `earlier` to this, µs; the shorter way round.
    func microseconds(since earlier: UInt64) -> Int64 {
        let unused = UInt64(64 - self.bits)
        let difference = Int64(truncatingIfNeeded: (self.ticks &- earlier) << unused) >> unused
        let (seconds, rest) = difference.quotientAndRemainder(dividingBy: self.ticksPerSecond)
        return seconds &* 1_000_000 &+ rest &* 1_000_000 / self.ticksPerSecond
    }
}

/// The timestamps of one track.
package struct TrackProgress: Sendable {
    package private(set) var packets = 0
    private(set) var gaps = 0
    private(set) var regressions = 0
    /// From the first timestamp to the newest, µs.
    package private(set) var advance: Int64 = 0
    private var newest: UInt64 = 0
    /// How long the newest packet lasts, µs; 0 where the format does not say.
    private var duration: Int64 = 0

    mutating func note(_ time: TrackTime, duration: Int64, gapLimit: Int64) {
        if self.packets > 0 {
            let step = time.microseconds(since: self.newest)
            self.advance &+= step
            if step < 0 {
                self.regressions += 1
            } else if step - self.duration > gapLimit {
                self.gaps += 1
            }
        }
        self.packets += 1
        self.newest = time.ticks
        self.duration = duration
    }

    /// Something is known to be missing, whatever the timestamps say.
    mutating func noteLoss() { self.gaps += 1 }
}

internal import Media
internal import NIOCore

/// Turns stream time into a muxer's ticks and keeps libav's rules: dts strictly rising, pts never before dts.
///
/// A relay never drops an access unit for its time stamp, so a stamp that breaks a rule is moved and counted.
struct TrackClock {
    /// Ticks a second.
    let scale: Int64

    private(set) var lastDTS: Int64?
    private(set) var moved = 0

    init(scale: Int) {
        self.scale = Int64(scale)
    }

    struct Stamp: Hashable {
        var pts: Int64
        var dts: Int64
    }

    /// The wanted times as libav will take them; `earliest` is where the last fragment's declared durations ended.
    mutating func accept(_ wanted: Stamp, earliest: Int64? = nil) -> Stamp {
        var stamp = wanted
        if let lastDTS = self.lastDTS, stamp.dts <= lastDTS { stamp.dts = lastDTS + 1 }
        if let earliest, stamp.dts < earliest { stamp.dts = earliest }
        if stamp.pts < stamp.dts { stamp.pts = stamp.dts }
        if stamp != wanted { self.moved += 1 }
        self.lastDTS = stamp.dts
        return stamp
    }

    /// Rounded to the nearest tick; exact for any time a stream can reach.
    func ticks(_ time: MediaTime) -> Int64 {
        let (seconds, rest) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let scaled = rest * self.scale
        return seconds * self.scale + (scaled + (scaled < 0 ? -500_000 : 500_000)) / 1_000_000
    }

    /// The other way round.
    func time(_ ticks: Int64) -> MediaTime {
        let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: self.scale)
        return MediaTime(microseconds: seconds * 1_000_000 + rest * 1_000_000 / self.scale)
    }
}

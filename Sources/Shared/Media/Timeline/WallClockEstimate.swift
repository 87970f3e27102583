/// Which wall-clock time belongs to a stream time.
///
/// Packets arrive late, never early, so the least difference between arrival and stream time in the last seconds is the
/// best there is. The estimate goes there slowly: a source whose clock runs fast or slow, or a network that stalls,
/// bends the mapping by at most one part in 200 and never breaks it.
struct WallClockEstimate: Sendable, Codable {
    private static let slew: Int64 = 200
    private static let window: Int64 = 5_000_000

    /// Wall-clock minus stream time, µs; nil until something was observed.
    private var offset: Int64?
    private var latest: Int64 = 0
    private var windowStart: Int64 = 0
    private var windowLeast: Int64?
    private var previousLeast: Int64?

    /// A packet of this stream time was received at this wall-clock time; both µs.
    mutating func observe(_ time: Int64, wallClock: Int64) {
        let sample = wallClock &- time
        guard let offset = self.offset else {
            self.offset = sample
            self.latest = time
            self.restart(at: time)
            self.windowLeast = sample
            return
        }
        if time - self.windowStart >= Self.window {
            self.previousLeast = self.windowLeast
            self.windowLeast = sample
            self.windowStart = time
        } else {
            self.windowLeast = min(self.windowLeast ?? sample, sample)
        }
        guard time > self.latest else { return }
        let limit = (time - self.latest) / Self.slew
        let least = min(self.windowLeast ?? sample, self.previousLeast ?? self.windowLeast ?? sample)
        let error = least &- offset
        self.offset = offset + max(-limit, min(limit, error))
        self.latest = time
    }

    /// Forgets what was observed of a source that is gone, but not where the mapping stands.
    mutating func restart(at time: Int64) {
        self.windowStart = time
        self.windowLeast = nil
        self.previousLeast = nil
    }

    /// The machine's clock was set forward.
    mutating func step(by microseconds: Int64) {
        self.offset? += microseconds
    }

    func wallClock(at time: Int64) -> Int64? {
        self.offset.map { time + $0 }
    }
}

/// Finds when access units are decoded, of which RTP tells only when they are shown.
///
/// Pictures come in decoding order. With a depth of n up to n of them come before one that is shown ahead of them: the
/// decoding time of each is then the least of the last n + 1 times of showing (ITU-T H.264 section C.4.5.3). Where
/// nobody says how deep it is, the times themselves tell: one that goes back makes it deeper.
struct DecodeOrder: Sendable {
    private var depth = 0
    /// The greatest times of showing, least first; one more than the depth.
    private var times: [Int64] = []
    private var interval: Int64 = 40_000
    /// The last decoding time that was given out.
    private var last: Int64?

    /// H.264 and H.265 have no more than 16.
    private static let deepest = 16
    /// A step this large is no reordering, µs.
    private static let reach: Int64 = 5_000_000

    /// - Parameters:
    ///   - depth: Where the coding says it.
    ///   - interval: From one picture to the next, µs, where it says that.
    mutating func begin(depth: Int?, interval: Int64?) {
        if let interval { self.interval = interval }
        let depth = min(depth ?? 0, Self.deepest)
        guard depth != self.depth else { return }
        self.depth = depth
        self.times.removeAll(keepingCapacity: true)
    }

    /// The decoding time of the next picture, given when it is shown: later than the one before. It is not later than it is
    /// shown, but for the few pictures until the depth is known.
    mutating func time(of shown: Int64) -> Int64 {
        if let greatest = self.times.last, (shown &- greatest).magnitude > Self.reach {
            self.times.removeAll(keepingCapacity: true)
            self.last = nil
        }
        if self.times.isEmpty {
            // As if pictures had come before it.
            self.times = (0..<self.depth).map { shown &- self.interval &* Int64(self.depth - $0) }
        }
        let place = self.times.firstIndex { $0 > shown } ?? self.times.count
        self.times.insert(shown, at: place)
        if self.times.count > self.depth + 1 {
            if place == 0, self.depth < Self.deepest {
                // Shown before one that counts as decoded before it.
                self.depth += 1
            } else {
                self.times.removeFirst()
            }
        }
        let time = min(self.times[0], shown)
        // Until a stream tells how deep it is, one picture may be shown before the last one was decoded.
        let rising = self.last.map { time <= $0 && $0 &- time <= Self.reach ? $0 &+ 1 : time } ?? time
        self.last = rising
        return rising
    }
}

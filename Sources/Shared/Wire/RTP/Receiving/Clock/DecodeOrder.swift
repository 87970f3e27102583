import Media

/// Finds when pictures are decoded, of which RTP tells only when they are shown.
///
/// Pictures come in decoding order. With a depth of n up to n of them come before one that is shown ahead of them: the
/// decoding time of each is then the least of the last n + 1 times of showing (ITU-T H.264 section C.4.5.3). Where
/// nobody says how deep it is, the times themselves tell: one that goes back makes it deeper, until pictures have long
/// gone without. A time far from all others is given out as it is and changes nothing.
struct DecodeOrder: Sendable, Codable {
    /// As the coding says, or as the pictures of late have shown.
    private var depth = 0
    private var declaredDepth = 0
    private var recentDepth = RecentMaximum(window: Self.memory)
    /// The greatest times of showing, least first; one more than the depth.
    private var times: [Int64] = []
    /// A time out of reach of the others: the next picture tells whether times go on from there.
    private var doubtful: Int64?
    private var interval: Int64 = 40_000
    /// The last decoding time that was given out.
    private var last: Int64?

    /// H.264 and H.265 have no more than 16.
    private static let deepest = 16
    /// Pictures for which one that was shown out of order counts.
    private static let memory = 128
    /// The least and the most that reordering can put two pictures apart, µs.
    private static let leastReach: Int64 = 1_000_000
    private static let mostReach: Int64 = 5_000_000

    /// Decoding times wait so long for times of showing that went back, µs: a stray one further ahead is not waited for.
    private static let stepBackLimit: Int64 = 400_000

    /// Whether it can have been so that was written down.
    var isPlausible: Bool {
        (0...Self.deepest).contains(self.depth) && (0...Self.deepest).contains(self.declaredDepth)
            && (0...Int64(Self.deepest)).contains(self.recentDepth.value) && self.times.count <= Self.deepest + 1
    }

    /// A step larger than this is no reordering, µs.
    private var reach: Int64 {
        max(Self.leastReach, min(self.interval &* Int64(Self.deepest + 1), Self.mostReach))
    }

    /// - Parameters:
    ///   - depth: Where the coding says it.
    ///   - interval: From one picture to the next, µs, where it says that.
    mutating func begin(depth: Int?, interval: Int64?) {
        if let interval { self.interval = max(1, interval) }
        let depth = max(0, min(depth ?? 0, Self.deepest))
        guard depth != self.declaredDepth else { return }
        self.declaredDepth = depth
        self.depth = depth
        self.recentDepth = RecentMaximum(window: Self.memory)
        self.times.removeAll(keepingCapacity: true)
    }

    /// The decoding time of the next picture, given when it is shown: later than the one before. It is not later than it is
    /// shown, but for the few pictures until the depth is known.
    mutating func time(of shown: Int64) -> Int64 {
        if let greatest = self.times.last, !self.isNear(shown, greatest) {
            guard let doubtful = self.doubtful, self.isNear(shown, doubtful) else {
                self.doubtful = shown
                return shown &- self.interval &* Int64(self.depth)
            }
            self.begin(at: doubtful)
        } else if self.times.isEmpty {
            self.begin(at: shown)
            self.times.removeLast()
        }
        self.doubtful = nil
        self.insert(shown)
        let time = min(self.times[0], shown)
        // Until a stream tells how deep it is, one picture may be shown before the last one was decoded.
        let rising = self.last.map { time <= $0 && $0 &- time <= Self.stepBackLimit ? $0 &+ 1 : time } ?? time
        self.last = rising
        return rising
    }

    private func isNear(_ time: Int64, _ other: Int64) -> Bool { (time &- other).magnitude <= UInt64(self.reach) }

    /// Begins with a picture as if others had come before it.
    private mutating func begin(at shown: Int64) {
        self.times = (0...self.depth).map { shown &- self.interval &* Int64(self.depth - $0) }
        self.last = nil
    }

    private mutating func insert(_ shown: Int64) {
        let place = self.times.firstIndex { $0 > shown } ?? self.times.count
        self.times.insert(shown, at: place)
        // So many came before it and are shown after it.
        let overtaken = min(self.times.count - 1 - place, Self.deepest)
        self.recentDepth.note(Int64(overtaken))
        self.depth = max(self.declaredDepth, Int(self.recentDepth.value))
        self.times.removeFirst(max(0, self.times.count - self.depth - 1))
    }
}

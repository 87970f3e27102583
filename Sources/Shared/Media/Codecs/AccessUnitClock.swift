/// Gives times to access units that their transport told none of: the second of two in one packet, message or timestamp.
///
/// Decoding times go on at the distance that those with times have. Presentation follows the pictures' own order, where
/// they tell it, so that nothing is shown out of turn. All times are µs on the source's clock; wrapping arithmetic, because
/// a time is whatever a peer chose to send.
package struct AccessUnitClock: Sendable, Codable {
    private struct Mark: Sendable, Codable {
        var shown: Int64
        var order: AccessUnitSplitter.Order?
    }

    /// The last with a time of its own, or that began a count anew.
    private var mark: Mark?
    private var lastDecoded: Int64?
    private var latestShown: Int64?
    /// Decoding time of the last with a time of its own, and how many had none since.
    private var told: Int64?
    private var untold: Int64 = 0

    /// From one to the next; 25 a second until something tells.
    private var interval = Pace(length: 40_000_000, over: 0)
    /// From one count to the next in the order of showing; nil until two times have shown that the interval does not tell.
    private var countPace: Pace?
    /// Counts from one picture to the next: H.264 counts fields, of which frames have two, unless less was seen.
    private var countStep: Int64

    /// A distance beyond this is a pause or a jump of the clock, µs.
    private static let longest: Int64 = 1_000_000

    /// How long one step is, as far as times have shown.
    private struct Pace: Sendable, Codable {
        /// In ns, so that many steps do not add up what one loses.
        var length: Int64
        /// The steps that it was measured over; greater than any for what a configuration says.
        var over: Int64

        static let told: Int64 = 1 << 53

        /// Times in whole milliseconds are off by as much as this, µs.
        private static let rounding: UInt64 = 2_000

        /// How long so many steps are, µs.
        func distance(_ steps: Int64) -> Int64 { steps &* self.length / 1000 }

        /// Takes what times show: what explains them but for their rounding is kept, unless this was measured over more.
        ///
        /// - Returns: whether it is another now.
        mutating func note(_ distance: Int64, over steps: Int64) -> Bool {
            guard steps != 0, distance.magnitude < UInt64(AccessUnitClock.longest) else { return false }
            let length = distance * 1000 / steps
            let size = Int64(clamping: steps.magnitude)
            let isExplained = (distance &- self.distance(steps)).magnitude <= Self.rounding
            guard length > 0, size > self.over || !isExplained else { return false }
            self = Pace(length: length, over: size)
            return true
        }
    }

    package init(_ codec: Codec) {
        self.countStep = codec == .h264 ? 2 : 1
    }

    /// Takes the distance from the configuration, before anything else has shown it.
    package mutating func begin(_ configuration: CodecConfiguration) {
        guard self.told == nil, let rate = configuration.frameRate, rate > 1 else { return }
        self.interval = Pace(length: max(1, Int64(1_000_000_000 / rate)), over: Pace.told)
    }

    /// An access unit has times of its own.
    package mutating func note(decoded: Int64, shown: Int64, _ order: AccessUnitSplitter.Order?) {
        if let told = self.told { _ = self.interval.note(decoded &- told, over: self.untold + 1) }
        if let mark = self.mark, let counts = self.counts(to: order) {
            var pace = self.pace
            if pace.note(shown &- mark.shown, over: counts) { self.countPace = pace }
        }
        self.told = decoded
        self.untold = 0
        self.lastDecoded = decoded
        self.advance(to: Mark(shown: shown, order: order))
    }

    /// The times of an access unit that has none; nil where none came before it that had.
    package mutating func next(_ order: AccessUnitSplitter.Order?) -> (decoded: Int64, shown: Int64)? {
        guard let last = self.lastDecoded, let mark = self.mark else { return nil }
        self.untold = min(self.untold + 1, 1 << 20)
        let decoded = last &+ self.interval.distance(1)
        self.lastDecoded = decoded
        if let counts = self.counts(to: order) {
            let shown = mark.shown &+ self.pace.distance(counts)
            self.latestShown = max(self.latestShown ?? shown, shown)
            return (decoded, shown)
        }
        // A count that begins anew begins behind all that was shown before.
        let step = self.countPace?.distance(self.countStep) ?? self.interval.distance(1)
        let shown = (self.latestShown ?? mark.shown) &+ step
        self.advance(to: Mark(shown: shown, order: order))
        return (decoded, shown)
    }

    /// From one count to the next, as far as is known.
    private var pace: Pace {
        let isTold = self.interval.over == Pace.told
        return self.countPace
            ?? Pace(length: max(1, self.interval.length / max(self.countStep, 1)), over: isTold ? Pace.told : 0)
    }

    /// How far a picture is from the mark in the order of showing; nil where nothing tells.
    private mutating func counts(to order: AccessUnitSplitter.Order?) -> Int64? {
        guard let before = self.mark?.order, let order, before.sequence == order.sequence else { return nil }
        let counts = Int64(order.count) &- Int64(before.count)
        let size = Int64(clamping: counts.magnitude)
        if size > 0 { self.countStep = min(self.countStep, size) }
        return counts
    }

    private mutating func advance(to mark: Mark) {
        self.mark = mark
        // What jumps back begins another time.
        guard let latest = self.latestShown, latest &- mark.shown < Self.longest else {
            self.latestShown = mark.shown
            return
        }
        self.latestShown = max(latest, mark.shown)
    }
}

/// Gives times to access units that their transport told none of: the second of two in one packet, message or timestamp.
///
/// Decoding times go on at the distance that those with times have. Presentation follows the pictures' own order, where
/// they tell it, so that nothing is shown out of turn. All times are µs on the source's clock; wrapping arithmetic, because
/// a time is whatever a peer chose to send.
package struct AccessUnitClock: Sendable {
    private struct Mark: Sendable {
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

    /// From one to the next, µs.
    private var interval: Int64 = 40_000
    /// Between two counts in the order of showing, µs; nil until two times have shown it.
    private var countLength: Int64?
    /// Counts from one picture to the next: H.264 counts fields, of which frames have two, unless less was seen.
    private var countStep: Int64

    /// A distance beyond this is a pause or a jump of the clock, µs.
    private static let longest: Int64 = 1_000_000

    package init(_ codec: Codec) {
        self.countStep = codec == .h264 ? 2 : 1
    }

    /// Takes the distance from the configuration, before anything else has shown it.
    package mutating func begin(_ configuration: CodecConfiguration) {
        guard self.told == nil, let rate = configuration.frameRate, rate > 1 else { return }
        self.interval = Int64(1_000_000 / rate)
    }

    /// An access unit has times of its own.
    package mutating func note(decoded: Int64, shown: Int64, _ order: AccessUnitSplitter.Order?) {
        if let told = self.told {
            let distance = (decoded &- told) / (self.untold + 1)
            if distance > 0, distance < Self.longest { self.interval = distance }
        }
        let distance = shown &- (self.mark?.shown ?? shown)
        if let counts = self.counts(to: order), counts != 0, distance.magnitude < UInt64(Self.longest) {
            let length = distance / counts
            if length > 0 { self.countLength = length }
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
        let decoded = last &+ self.interval
        self.lastDecoded = decoded
        if let counts = self.counts(to: order) {
            let length = self.countLength ?? max(1, self.interval / self.countStep)
            let shown = mark.shown &+ counts &* length
            self.latestShown = max(self.latestShown ?? shown, shown)
            return (decoded, shown)
        }
        // A count that begins anew begins behind all that was shown before.
        let step = self.countLength.map { $0 &* self.countStep } ?? self.interval
        let shown = (self.latestShown ?? mark.shown) &+ step
        self.advance(to: Mark(shown: shown, order: order))
        return (decoded, shown)
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

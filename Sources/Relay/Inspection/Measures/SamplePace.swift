/// How much faster the timestamps of sound go than its samples do.
package struct SamplePace: Hashable, Sendable {
    /// How far back packets count, and for how long there must have been some without a gap, µs.
    private static let window: Int64 = 4_000_000
    private static let least: Int64 = 2_500_000
    private static let mostPackets = 2048

    private var stamps: [Int64] = []

    package init() {}

    /// Notes the timestamp of the next packet, µs, of which each holds so much sound, µs; nil while that is not known.
    package mutating func note(_ stamp: Int64, length: Double?) {
        if let last = self.stamps.last {
            let (step, overflow) = stamp.subtractingReportingOverflow(last)
            let isGap = length.map { Double(step) > $0 * 1.5 + 2000 } ?? false
            // After a step back times are held until the source has come to where they were.
            let isHeld = length.map { Double(step) < $0 * 0.5 - 2000 } ?? false
            // What is missing says nothing of how fast the clock goes.
            if overflow || step <= 0 || isGap || isHeld { self.stamps = [] }
        }
        self.stamps.append(stamp)
        let excess = self.stamps.count - Self.mostPackets
        let old = self.stamps.prefix { stamp &- $0 > Self.window }.count
        self.stamps.removeFirst(max(old, excess, 0))
    }

    /// Seconds that the timestamps gain in each second of sound; nil while too little is known.
    package func gain(length: Double) -> Double? {
        guard let first = self.stamps.first, let last = self.stamps.last, last &- first >= Self.least, length > 0 else {
            return nil
        }
        return Double(last &- first) / (Double(self.stamps.count - 1) * length) - 1
    }
}

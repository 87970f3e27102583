/// Counts values in buckets whose width grows with the value, so that any quantile is within 1 % of the truth and
/// recording costs a few instructions whatever came before.
package struct Histogram: Sendable {
    /// Buckets for each doubling of the value.
    private static let resolution = 128
    private static let resolutionBits = 7
    /// The largest value told apart: 2^36 µs is 19 hours.
    private static let ceiling: UInt64 = (1 << 36) - 1

    private var counts: [UInt32]
    package private(set) var total = 0
    package private(set) var largest: UInt64 = 0

    package init() {
        self.counts = [UInt32](repeating: 0, count: Self.bucket(of: Self.ceiling) + 1)
    }

    package mutating func record(_ value: UInt64) {
        self.counts[Self.bucket(of: min(value, Self.ceiling))] &+= 1
        self.total += 1
        self.largest = max(self.largest, value)
    }

    package mutating func merge(_ other: Histogram) {
        for index in self.counts.indices { self.counts[index] &+= other.counts[index] }
        self.total += other.total
        self.largest = max(self.largest, other.largest)
    }

    /// The value that `quantile` (0…1) of the recorded ones do not exceed; nil when nothing was recorded.
    package func value(at quantile: Double) -> UInt64? {
        guard self.total > 0 else { return nil }
        let rank = max(1, Int((quantile * Double(self.total)).rounded(.up)))
        var passed = 0
        for (bucket, count) in self.counts.enumerated() {
            passed += Int(count)
            if passed >= rank { return min(Self.upperEdge(of: bucket), self.largest) }
        }
        return self.largest
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= UInt64(Self.resolution) else { return Int(value) }
        let shift = UInt64.bitWidth - 1 - value.leadingZeroBitCount - Self.resolutionBits
        return shift * Self.resolution + Int(value >> UInt64(shift))
    }

    /// The largest value that falls into the bucket.
    private static func upperEdge(of bucket: Int) -> UInt64 {
        guard bucket >= 2 * Self.resolution else { return UInt64(bucket) }
        let shift = bucket / Self.resolution - 1
        let mantissa = UInt64(bucket - shift * Self.resolution)
        return (mantissa + 1) << UInt64(shift) - 1
    }
}

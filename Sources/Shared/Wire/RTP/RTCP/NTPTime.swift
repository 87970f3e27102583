/// Seconds since 1900 in 32.32 bits, as RTCP has them: RFC 3550 section 4.
package struct NTPTime: Hashable, Sendable {
    package var value: UInt64

    package init(_ value: UInt64) {
        self.value = value
    }

    /// Of µs since 1970-01-01 UTC.
    package init(microseconds: Int64) {
        let seconds = Self.floor(microseconds, 1_000_000)
        let rest = UInt64(bitPattern: microseconds &- seconds &* 1_000_000)
        let fraction = (rest << 32) / 1_000_000
        self.value = UInt64(truncatingIfNeeded: seconds &+ Self.unixEpoch) << 32 | fraction
    }

    /// A sender that knows no time of day writes 0: RFC 3550 section 6.4.1.
    package var isKnown: Bool { self.value != 0 }

    /// µs since 1970-01-01 UTC. Seconds in the lower half are of the era that begins in 2036.
    package var microseconds: Int64 {
        let seconds = Int64(self.value >> 32)
        let era: Int64 = seconds < 0x8000_0000 ? 1 << 32 : 0
        let fraction = (self.value & 0xFFFF_FFFF) * 1_000_000
        return (seconds + era - Self.unixEpoch) * 1_000_000 + Int64((fraction + 0x8000_0000) >> 32)
    }

    /// The middle 32 bits: what receivers send back as LSR.
    package var compact: UInt32 { UInt32(truncatingIfNeeded: self.value >> 16) }

    /// Seconds from 1900 to 1970.
    private static let unixEpoch: Int64 = 2_208_988_800

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

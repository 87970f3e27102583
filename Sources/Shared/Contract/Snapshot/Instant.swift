/// A point on the machine's monotonic clock, shared by all its processes until it restarts. Sums and differences stay
/// within what 64 bits hold instead of trapping.
package struct Instant: Hashable, Sendable, Comparable, Codable {
    /// µs since an arbitrary start.
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

    package static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds.subtractingClamped(right.microseconds))
    }

    package static func + (left: Instant, right: Duration) -> Instant {
        let (seconds, attoseconds) = right.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return Instant(microseconds: seconds < 0 ? .min : .max) }
        let fraction = attoseconds / 1_000_000_000_000
        return Instant(microseconds: left.microseconds.addingClamped(whole).addingClamped(fraction))
    }
}

/// Both clocks, read in the same moment: turns instants into dates.
package struct ClockReading: Hashable, Sendable, Codable {
    package let now: Instant

    /// µs since 1970-01-01 UTC.
    package let unix: Int64

    package init(now: Instant, unix: Int64) {
        self.now = now
        self.unix = unix
    }

    /// The date of an instant, µs since 1970-01-01 UTC.
    package func unix(of instant: Instant) -> Int64 {
        self.unix.subtractingClamped(self.now.microseconds.subtractingClamped(instant.microseconds))
    }
}

extension Int64 {
    /// The sum, or the nearest that 64 bits hold.
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the nearest that 64 bits hold.
    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = self.subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}

internal import CLinux

/// An instant on the system's monotonic clock, which neither NTP steps nor the administrator can turn back.
package struct MonotonicInstant: Hashable, Comparable, Sendable {
    /// Nanoseconds since an arbitrary start, the same for all processes until the next boot.
    package var nanoseconds: Int64

    @inlinable
    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static let distantFuture = MonotonicInstant(nanoseconds: .max)

    package func advanced(by duration: Duration) -> MonotonicInstant {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return overflow ? .distantFuture : MonotonicInstant(nanoseconds: sum)
    }

    package func duration(to other: MonotonicInstant) -> Duration {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(self.nanoseconds)
        return .nanoseconds(overflow ? (other < self ? .min : .max) : difference)
    }

    @inlinable
    package static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

/// CLOCK_MONOTONIC (clock_gettime(2)).
package enum MonotonicClock {
    package static var now: MonotonicInstant {
        MonotonicInstant(nanoseconds: linux_monotonic_nanoseconds())
    }
}

/// CLOCK_REALTIME (clock_gettime(2)): what time it is, as far as the machine knows.
package enum WallClock {
    /// Since 1970-01-01 UTC.
    package static var nanoseconds: Int64 { linux_wall_nanoseconds() }
}

extension Duration {
    /// The whole duration in nanoseconds, at most what 64 bits hold (292 years).
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }
}

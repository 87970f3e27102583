/// A point on the machine's monotonic clock, shared by all its processes until it restarts.
package struct Instant: Hashable, Sendable, Comparable, Codable {
    /// µs since an arbitrary start.
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

    package static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }

    package static func + (left: Instant, right: Duration) -> Instant {
        let (seconds, attoseconds) = right.components
        return Instant(microseconds: left.microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
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
        self.unix - (self.now.microseconds - instant.microseconds)
    }
}

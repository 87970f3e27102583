/// A point or a span on a stream's own clock, in microseconds.
///
/// The clock starts a few seconds above zero with a stream's first packet and never goes backwards, whatever the
/// publisher's does. Sums and differences stay within what 64 bits hold instead of trapping.
package struct MediaTime: Hashable, Sendable, Comparable, Codable {
    package var microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static let zero = MediaTime(microseconds: 0)

    package static func milliseconds(_ value: Int64) -> MediaTime { MediaTime(microseconds: value * 1000) }

    package static func seconds(_ value: Double) -> MediaTime { MediaTime(microseconds: Int64(value * 1_000_000)) }

    /// The time in seconds, for people and for playlists.
    package var seconds: Double { Double(self.microseconds) / 1_000_000 }

    /// The time in whole milliseconds, rounded down, as RTMP and FLV count.
    package var milliseconds: Int64 {
        self.microseconds >= 0 ? self.microseconds / 1000 : (self.microseconds - 999) / 1000
    }

    package static func < (left: MediaTime, right: MediaTime) -> Bool { left.microseconds < right.microseconds }

    package static func + (left: MediaTime, right: MediaTime) -> MediaTime {
        MediaTime(microseconds: left.microseconds.addingClamped(right.microseconds))
    }

    package static func - (left: MediaTime, right: MediaTime) -> MediaTime {
        MediaTime(microseconds: left.microseconds.subtractingClamped(right.microseconds))
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

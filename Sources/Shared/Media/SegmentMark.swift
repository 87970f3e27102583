/// The place of a segment in a playlist that outlives muxers, viewers and relay processes.
package struct SegmentMark: Hashable, Sendable, Codable {
    /// `EXT-X-MEDIA-SEQUENCE` of the segment (RFC 8216 section 4.3.3.2).
    package var number: UInt64

    /// `EXT-X-DISCONTINUITY-SEQUENCE` in force for the segment (RFC 8216 section 4.3.3.3).
    package var discontinuity: UInt64

    /// When the segment's first picture was received, µs since 1970-01-01 UTC: `EXT-X-PROGRAM-DATE-TIME`.
    package var wallClock: Int64

    package init(number: UInt64, discontinuity: UInt64, wallClock: Int64) {
        self.number = number
        self.discontinuity = discontinuity
        self.wallClock = wallClock
    }
}

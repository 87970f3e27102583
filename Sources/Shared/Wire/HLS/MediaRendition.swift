package import Media

/// A live playlist of media segments: RFC 8216 section 4.3.3.
///
/// Numbers come from the segments' marks alone, so that two relays that saw the same stream write the same text.
package struct MediaPlaylist: Hashable, Sendable {
    package struct Segment: Hashable, Sendable {
        package var mark: SegmentMark
        package var duration: MediaTime
        /// Absolute, or relative to the playlist's own address.
        package var uri: String
        /// What a player must have read before the segment; nil where segments stand alone, as in MPEG-2 TS.
        package var initialization: InitializationSection?

        package init(
            mark: SegmentMark,
            duration: MediaTime,
            uri: String,
            initialization: InitializationSection? = nil
        ) {
            self.mark = mark
            self.duration = duration
            self.uri = uri
            self.initialization = initialization
        }
    }

    /// `EXT-X-MAP`: section 4.3.2.5.
    package struct InitializationSection: Hashable, Sendable {
        package var uri: String

        package init(uri: String) {
            self.uri = uri
        }
    }

    /// Oldest first, each numbered one more than the one before.
    package let segments: [Segment]

    /// The longest a segment may be, in whole seconds; for one and the same stream it must not change.
    package let targetDuration: Int

    /// Every segment begins with a picture that can be decoded without any other.
    package var hasIndependentSegments = true

    /// Nothing will be added.
    package var isEnded = false

    /// - Parameters:
    ///   - segments: Oldest first. A playlist cannot say that numbers are missing between two segments, so what comes
    ///     before the newest gap is left out.
    ///   - targetDuration: In whole seconds. A longer segment raises it all the same, for players such as AVPlayer
    ///     stop at one that is too long.
    package init(segments: [Segment], targetDuration: Int) {
        var first = segments.endIndex
        while first > segments.startIndex {
            let number = segments[first - 1].mark.number
            guard first == segments.endIndex || number &+ 1 == segments[first].mark.number else { break }
            first -= 1
        }
        self.segments = Array(segments[first...])
        self.targetDuration = self.segments.reduce(max(1, targetDuration)) {
            max($0, Self.targetDuration(covering: $1.duration))
        }
    }

    /// Section 4.3.3.1: a segment's duration counts rounded to the nearest second.
    package static func targetDuration(covering duration: MediaTime) -> Int {
        max(1, Int((duration.microseconds + 500_000) / 1_000_000))
    }

    /// The text, with line feeds.
    package var text: String {
        var text = PlaylistText()
        text.tag("EXTM3U")
        // 3 for durations with a fraction, 7 for fragmented MP4 as Apple's tools want it.
        text.tag("EXT-X-VERSION", self.segments.contains { $0.initialization != nil } ? 7 : 3)
        text.tag("EXT-X-TARGETDURATION", self.targetDuration)
        text.tag("EXT-X-MEDIA-SEQUENCE", self.segments.first?.mark.number ?? 0)
        text.tag("EXT-X-DISCONTINUITY-SEQUENCE", self.segments.first?.mark.discontinuity ?? 0)
        if self.hasIndependentSegments { text.tag("EXT-X-INDEPENDENT-SEGMENTS") }
        var previous: Segment?
        for segment in self.segments {
            self.write(segment, after: previous, into: &text)
            previous = segment
        }
        if self.isEnded { text.tag("EXT-X-ENDLIST") }
        return text.text
    }

    private func write(_ segment: Segment, after previous: Segment?, into text: inout PlaylistText) {
        // A segment's discontinuity number is the playlist's plus the tags before it (section 6.2.1), so the first
        // segment has none, and a number that rises by two has two.
        let steps = previous.map { segment.mark.discontinuity &- $0.mark.discontinuity } ?? 0
        let isDiscontinuous = steps > 0
        for _ in 0..<min(steps, Self.discontinuityLimit) { text.tag("EXT-X-DISCONTINUITY") }
        if let section = segment.initialization, isDiscontinuous || section != previous?.initialization {
            text.tag("EXT-X-MAP", [("URI", .quoted(section.uri))])
        }
        text.tag("EXT-X-PROGRAM-DATE-TIME", ISO8601.string(microseconds: segment.mark.wallClock))
        text.line("#EXTINF:\(PlaylistText.seconds(segment.duration)),")
        text.line(segment.uri)
    }

    /// Marks that go back are a fault of ours; a text of 2⁶⁴ lines would be a worse one.
    private static let discontinuityLimit: UInt64 = 64
}

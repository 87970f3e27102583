import Encodings
import Media

/// Writes a rendition as a Media Playlist of whole segments: draft-pantos-hls-rfc8216bis section 4.4.
///
/// The lines of a segment depend on the segment and the one before it and on nothing else. So a Playlist Delta Update
/// (section 6.2.5.1) can leave out the first of them, and a part's lines (section 4.4.4.9) belong in front of its segment's own.
package struct MediaPlaylistWriter {
    private var text = PlaylistText()

    private init() {}

    /// The playlist, with line feeds.
    package static func text(of rendition: MediaRendition) -> String {
        var writer = Self()
        writer.writeHeader(of: rendition)
        var previous: MediaRendition.Segment?
        for segment in rendition.segments {
            writer.write(segment, after: previous)
            previous = segment
        }
        if rendition.isEnded { writer.text.tag("EXT-X-ENDLIST") }
        return writer.text.text
    }

    /// What is said of the whole playlist: sections 4.4.1 to 4.4.3.
    private mutating func writeHeader(of rendition: MediaRendition) {
        let first = rendition.segments.first?.mark
        self.text.tag("EXTM3U")
        self.text.tag("EXT-X-VERSION", Self.version(of: rendition))
        self.text.tag("EXT-X-TARGETDURATION", rendition.targetDuration)
        self.text.tag("EXT-X-MEDIA-SEQUENCE", first?.number ?? 0)
        self.text.tag("EXT-X-DISCONTINUITY-SEQUENCE", first?.discontinuity ?? 0)
        if rendition.hasIndependentSegments { self.text.tag("EXT-X-INDEPENDENT-SEGMENTS") }
    }

    /// 3 for durations with a fraction (section 8), 7 for fragmented MP4 as Apple's tools want it.
    private static func version(of rendition: MediaRendition) -> Int {
        rendition.segments.contains { $0.initialization != nil } ? 7 : 3
    }

    /// What is said of one segment: section 4.4.4.
    private mutating func write(_ segment: MediaRendition.Segment, after previous: MediaRendition.Segment?) {
        let steps = Self.discontinuities(from: previous, to: segment)
        for _ in 0..<steps { self.text.tag("EXT-X-DISCONTINUITY") }
        if let section = segment.initialization, steps > 0 || section != previous?.initialization {
            self.text.tag("EXT-X-MAP", [("URI", .quoted(section.uri))])
        }
        self.text.tag("EXT-X-PROGRAM-DATE-TIME", CivilTime(microseconds: segment.mark.wallClock).iso8601)
        self.text.line("#EXTINF:\(PlaylistText.seconds(segment.duration)),")
        self.text.line(segment.uri)
    }

    /// How many `EXT-X-DISCONTINUITY` tags stand between two segments.
    ///
    /// A segment's discontinuity number is the playlist's plus the tags before it (section 6.2.1), so the first segment has
    /// none, and a number that rises by two has two.
    private static func discontinuities(
        from previous: MediaRendition.Segment?,
        to segment: MediaRendition.Segment
    ) -> UInt64 {
        guard let before = previous?.mark.discontinuity, segment.mark.discontinuity > before else { return 0 }
        return min(segment.mark.discontinuity - before, Self.discontinuityLimit)
    }

    /// Tags between two segments at most. A mark that jumps is a fault of ours, and must not become a text of 2⁶⁴ lines.
    private static let discontinuityLimit: UInt64 = 64
}

package import Media

/// One rendition of a live stream as its playlist shows it at one moment: segments, each with the parts it is made of.
///
/// It holds what any form of a Media Playlist (draft-pantos-hls-rfc8216bis section 4.4.3) is written from, and how much of it
/// a client is shown is the writer's to decide: ``MediaPlaylistWriter`` writes whole segments. Numbers come from the
/// segments' marks alone, so that two relays that saw the same stream write the same text.
package struct MediaRendition: Hashable, Sendable {
    /// Oldest first, each numbered one more than the one before.
    package let segments: [Segment]

    /// The longest a segment may be, in whole seconds (section 4.4.3.1); for one and the same stream it must not change.
    package let targetDuration: Int

    /// The segment that follows, as far as it has come; nil where nothing of it can be had yet.
    package let growing: GrowingSegment?

    /// Nothing will be added: `EXT-X-ENDLIST` (section 4.4.3.4).
    package let isEnded: Bool

    /// - Parameters:
    ///   - segments: Oldest first. A playlist cannot say that numbers are missing between two segments, so what comes
    ///     before the newest gap is left out.
    ///   - targetDuration: In whole seconds. A longer segment raises it all the same, for players such as AVPlayer
    ///     stop at one that is too long.
    ///   - growing: What follows the last of the segments.
    ///   - isEnded: Whether nothing will be added.
    package init(
        segments: [Segment],
        targetDuration: Int,
        growing: GrowingSegment? = nil,
        isEnded: Bool = false
    ) {
        self.segments = Array(Self.newestRun(of: segments))
        self.targetDuration = self.segments.reduce(max(1, targetDuration)) {
            max($0, Self.targetDuration(covering: $1.duration))
        }
        self.growing = growing
        self.isEnded = isEnded
    }

    /// Every segment begins with a picture that can be decoded without any other: section 4.4.2.1.
    package var hasIndependentSegments: Bool { self.segments.allSatisfy(\.isIndependent) }

    /// The whole seconds that a segment counts as: its duration rounded to the nearest (section 4.4.3.1).
    package static func targetDuration(covering duration: MediaTime) -> Int {
        max(1, Int((duration.microseconds + 500_000) / 1_000_000))
    }

    /// The segments behind the newest gap in the numbers.
    private static func newestRun(of segments: [Segment]) -> ArraySlice<Segment> {
        var first = segments.endIndex
        while first > segments.startIndex {
            let number = segments[first - 1].mark.number
            guard first == segments.endIndex || number &+ 1 == segments[first].mark.number else { break }
            first -= 1
        }
        return segments[first...]
    }
}

extension MediaRendition {
    /// A Media Segment: section 3.
    package struct Segment: Hashable, Sendable {
        /// Its number, its discontinuity and its date.
        package let mark: SegmentMark
        package let duration: MediaTime
        /// Absolute, or relative to the playlist's own address.
        package let uri: String
        /// What a player must have read before the segment; nil where segments stand alone, as in MPEG-2 TS.
        package let initialization: InitializationSection?
        /// It begins with a picture that can be decoded without any other.
        package let isIndependent: Bool
        /// The parts that add up to the segment, first to last; empty where it can be had as a whole only.
        package let parts: [Part]

        package init(
            mark: SegmentMark,
            duration: MediaTime,
            uri: String,
            initialization: InitializationSection? = nil,
            isIndependent: Bool = true,
            parts: [Part] = []
        ) {
            self.mark = mark
            self.duration = duration
            self.uri = uri
            self.initialization = initialization
            self.isIndependent = isIndependent
            self.parts = parts
        }
    }

    /// A Partial Segment, which can be had before its segment is whole: section 4.4.4.9.
    package struct Part: Hashable, Sendable {
        package let duration: MediaTime
        /// Absolute, or relative to the playlist's own address.
        package let uri: String
        /// It holds a picture that can be decoded without any other.
        package let isIndependent: Bool

        package init(duration: MediaTime, uri: String, isIndependent: Bool) {
            self.duration = duration
            self.uri = uri
            self.isIndependent = isIndependent
        }
    }

    /// A segment that is being written: its parts can be had, the whole cannot.
    package struct GrowingSegment: Hashable, Sendable {
        package let mark: SegmentMark
        package let initialization: InitializationSection?
        package let parts: [Part]
        /// Where the part that follows will be had: what `EXT-X-PRELOAD-HINT` names (section 4.4.5.3).
        package let nextPart: String?

        package init(
            mark: SegmentMark,
            initialization: InitializationSection? = nil,
            parts: [Part],
            nextPart: String? = nil
        ) {
            self.mark = mark
            self.initialization = initialization
            self.parts = parts
            self.nextPart = nextPart
        }
    }

    /// A Media Initialization Section, `EXT-X-MAP`: section 4.4.4.5.
    package struct InitializationSection: Hashable, Sendable {
        package let uri: String

        package init(uri: String) {
            self.uri = uri
        }
    }
}

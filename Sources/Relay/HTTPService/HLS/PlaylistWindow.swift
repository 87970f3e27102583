import Streams

/// Which of the segments on tape a playlist shows.
enum PlaylistWindow {
    /// Segments without which a playlist is not offered: players want three target durations before they begin
    /// (RFC 8216 section 6.3.3).
    static let minimum = 3

    /// A playlist shows at least so many segments and so much time, µs; older ones stay available for a while.
    private static let shownCount = 6
    private static let shownSpan: Int64 = 12_000_000

    /// The newest segments that fill the window.
    ///
    /// The last one before a break waits for the first one behind it: it may be a fraction of a second long, and Chromium's
    /// own player, which has run dry by then, asks for it a second time once it has played it, and ends ("Parsed buffers
    /// not in DTS sequence").
    static func shown(of all: [Segment]) -> ArraySlice<Segment> {
        let segments = all.last?.isBeforeBreak == true ? all.dropLast() : all[...]
        var span: Int64 = 0
        var start = segments.endIndex
        while start > segments.startIndex, span < Self.shownSpan || segments.endIndex - start < Self.shownCount {
            start -= 1
            span += segments[start].duration
        }
        return segments[start...]
    }
}

import Media
import Streams
import Wire

extension MediaRendition {
    /// What is shown of the segments on tape, with their addresses relative to the playlist's own. The target duration is in
    /// whole seconds, and the query is handed on to every address.
    init(_ list: SegmentList, format: SegmentFormat, targetDuration: Int, query: String) {
        self.init(
            segments: PlaylistWindow.shown(of: list.segments).map { Segment($0, format: format, query: query) },
            targetDuration: targetDuration
        )
    }
}

extension MediaRendition.Segment {
    fileprivate init(_ segment: Streams.Segment, format: SegmentFormat, query: String) {
        let section = "init-\(segment.initialization).mp4"
        self.init(
            mark: segment.mark,
            duration: MediaTime(microseconds: segment.duration),
            uri: PlaylistAddress.of("\(segment.mark.number)\(format.suffix)", query: query),
            initialization: format == .ts ? nil : .init(uri: PlaylistAddress.of(section, query: query)),
            isIndependent: segment.isIndependent
        )
    }
}

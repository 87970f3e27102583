import Contract
import Media
import Streams
import Wire

/// Playlists of a stream as they stand at one moment.
enum PlaylistWriter {
    /// Segments without which a playlist is not offered: players want three target durations before they begin
    /// (RFC 8216 section 6.3.3).
    static let minimum = 3
    /// The playlist shows at least so many segments and so much time, µs; older ones stay available for a while.
    static let shownCount = 6
    static let shownSpan: Int64 = 12_000_000

    static let contentType = "application/vnd.apple.mpegurl"

    /// The playlist of segments; `query` is handed on to every address in it.
    static func media(
        _ list: SegmentList,
        format: SegmentFormat,
        targetDuration: Int,
        query: String
    ) -> MediaPlaylist {
        let shown = Self.shown(list.segments)
        let segments = shown.map { segment in
            MediaPlaylist.Segment(
                mark: segment.mark,
                duration: MediaTime(microseconds: segment.duration),
                uri: Self.uri("\(segment.mark.number)\(format.suffix)", query),
                initialization: format != .ts
                    ? MediaPlaylist.InitializationSection(uri: Self.uri("init-\(segment.initialization).mp4", query))
                    : nil
            )
        }
        var playlist = MediaPlaylist(segments: segments, targetDuration: targetDuration)
        playlist.hasIndependentSegments = shown.allSatisfy(\.isIndependent)
        return playlist
    }

    /// One variant: the relay carries what it is sent, in one quality. Its segments hold the first sound; `sounds` are the
    /// others, each with a playlist of its own.
    static func multivariant(
        _ tracks: [CodecConfiguration],
        sounds: [SoundRendition],
        _ list: SegmentList,
        of stream: StreamName,
        format: SegmentFormat,
        query: String
    ) -> MultivariantPlaylist {
        let rates = list.segments.map { Double($0.range.count) * 8_000_000 / Double($0.duration) }
        let span = list.segments.reduce(0) { $0 + $1.duration }
        let bytes = list.segments.reduce(0) { $0 + $1.range.count }
        var variant = MultivariantPlaylist.Variant(
            uri: Self.uri("\(stream)/\(format.folder)/media.m3u8", query),
            bandwidth: Int(rates.max() ?? 1),
            averageBandwidth: span > 0 ? Int(Double(bytes) * 8_000_000 / Double(span)) : nil,
            tracks: tracks + sounds.map(\.configuration)
        )
        var renditions: [MultivariantPlaylist.AudioRendition] = []
        if !sounds.isEmpty, let first = tracks.first(where: { $0.codec.kind == .audio }) {
            variant.audioGroup = Self.audioGroup
            var main = MultivariantPlaylist.AudioRendition(group: Self.audioGroup, name: "1")
            main.isDefault = true
            main.channels = first.channels > 0 ? first.channels : nil
            renditions = [main]
            for sound in sounds {
                var rendition = MultivariantPlaylist.AudioRendition(
                    group: Self.audioGroup,
                    name: "\(renditions.count + 1)",
                    uri: Self.uri("\(stream)/\(SegmentFormat.sound(sound.index).folder)/media.m3u8", query)
                )
                rendition.channels = sound.configuration.channels > 0 ? sound.configuration.channels : nil
                renditions.append(rendition)
            }
        }
        var playlist = MultivariantPlaylist(variants: [variant], audioRenditions: renditions)
        // Its segments begin with pictures for as long as the keyframes' distance stays what it was.
        playlist.hasIndependentSegments = false
        return playlist
    }

    private static let audioGroup = "sound"

    /// What a playlist shows of the segments.
    ///
    /// The last one before a break waits for the first one behind it: it may be a fraction of a second long, and Chromium's
    /// own player, which has run dry by then, asks for it a second time once it has played it, and ends ("Parsed buffers
    /// not in DTS sequence").
    private static func shown(_ all: [Segment]) -> ArraySlice<Segment> {
        let segments = all.last?.isBeforeBreak == true ? all.dropLast() : all[...]
        var span: Int64 = 0
        var start = segments.endIndex
        while start > segments.startIndex, span < Self.shownSpan || segments.endIndex - start < Self.shownCount {
            start -= 1
            span += segments[start].duration
        }
        return segments[start...]
    }

    private static func uri(_ file: String, _ query: String) -> String {
        query.isEmpty ? file : "\(file)?\(query)"
    }
}

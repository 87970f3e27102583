import Contract
import Media
import Streams
import Wire

extension MultivariantPlaylist {
    private static let audioGroup = "sound"

    /// One variant: the relay carries what it is sent, in one quality.
    ///
    /// The variant's segments hold the tracks, the first sound among them; the other sounds have a playlist each. Its rates
    /// are measured on the list's segments, and the query is handed on to every address.
    init(
        of stream: StreamName,
        _ tracks: [CodecConfiguration],
        sounds: [SoundRendition],
        _ list: SegmentList,
        format: SegmentFormat,
        query: String
    ) {
        var variant = Variant(
            uri: Self.playlist(of: stream, format, query: query),
            bandwidth: list.highestBitrate ?? 1,
            averageBandwidth: list.meanBitrate,
            tracks: tracks + sounds.map(\.configuration)
        )
        var renditions: [AudioRendition] = []
        if !sounds.isEmpty, let first = tracks.first(where: { $0.codec.kind == .audio }) {
            variant.audioGroup = Self.audioGroup
            renditions = Self.renditions(first, sounds, of: stream, query: query)
        }
        self.init(variants: [variant], audioRenditions: renditions)
        // Its segments begin with pictures for as long as the keyframes' distance stays what it was.
        self.hasIndependentSegments = false
    }

    /// The sound that the variant's own segments hold, and those beside it.
    private static func renditions(
        _ first: CodecConfiguration,
        _ sounds: [SoundRendition],
        of stream: StreamName,
        query: String
    ) -> [AudioRendition] {
        var main = AudioRendition(group: Self.audioGroup, name: "1")
        main.isDefault = true
        main.channels = first.knownChannels
        let others = sounds.enumerated().map { index, sound in
            var rendition = AudioRendition(
                group: Self.audioGroup,
                name: "\(index + 2)",
                uri: Self.playlist(of: stream, .sound(sound.index), query: query)
            )
            rendition.channels = sound.configuration.knownChannels
            return rendition
        }
        return [main] + others
    }

    private static func playlist(of stream: StreamName, _ format: SegmentFormat, query: String) -> String {
        PlaylistAddress.of("\(stream)/\(format.folder)/media.m3u8", query: query)
    }
}

extension CodecConfiguration {
    fileprivate var knownChannels: Int? { self.channels > 0 ? self.channels : nil }
}

extension SegmentList {
    /// Bits a second of the segment that has the most; nil without a segment.
    fileprivate var highestBitrate: Int? {
        self.segments.map { Self.bitrate(bytes: $0.range.count, duration: $0.duration) }.max()
    }

    /// Bits a second over all segments; nil without a segment.
    fileprivate var meanBitrate: Int? {
        let duration = self.segments.reduce(0) { $0 + $1.duration }
        guard duration > 0 else { return nil }
        return Self.bitrate(bytes: self.segments.reduce(0) { $0 + $1.range.count }, duration: duration)
    }

    /// Bits a second of so many bytes in so many µs, which are more than none.
    private static func bitrate(bytes: Int, duration: Int64) -> Int {
        Int(Double(bytes) * 8_000_000 / Double(duration))
    }
}

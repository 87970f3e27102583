import Contract
import Libav
package import Media

/// Fragmented MP4: by HTTP and in segments. Browsers play one sound of a file, so the others have segments of their own.
enum FragmentedMP4Format: OutputFormat {
    /// The picture and the first sound.
    case main
    /// One of the other sounds.
    case sound(UInt8)

    /// Length of a fragment.
    static let partTarget = MediaTime.milliseconds(200)

    var noun: String { "MP4 and HLS" }
    var contentType: String { "video/mp4" }

    var viewers: ViewerProtocol {
        switch self {
        case .main: .mp4
        case .sound: .hls
        }
    }

    var served: [ViewerProtocol] {
        switch self {
        case .main: [.mp4, .hls]
        case .sound: [.hls]
        }
    }

    var reachesBack: Bool { true }

    func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        MP4Muxer.omission(of: track, configuration)
    }

    func select(from carriage: inout Carriage) {
        switch self {
        case .main:
            carriage.keepFirst(1, of: .video, in: "MP4 and HLS")
            Self.keepFirstSound(of: &carriage)
        case .sound(let index):
            carriage.keepOnly(TrackID(.audio, index))
        }
    }

    func makeMux(_ context: MuxContext) -> any WireMux { MP4Mux(context.format, partTarget: Self.partTarget) }

    /// The others are renditions of a playlist.
    private static func keepFirstSound(of carriage: inout Carriage) {
        let all = carriage.sorted.filter { $0.id.kind == .audio }
        for (index, sound) in all.enumerated().dropFirst() {
            let isRendition = index <= Carriage.renditionLimit
            carriage.leaveOut(
                sound.id,
                because: isRendition
                    ? nil
                    : MediaOmission(
                        notIn: "HLS",
                        sound.id,
                        sound.configuration,
                        because: "a playlist offers \(1 + Carriage.renditionLimit)",
                        instead: "play it by SRT or RTSP"
                    )
            )
        }
    }
}

/// A sound that has segments of fragmented MP4 of its own, beside the one that is in the main ones.
package struct SoundRendition: Hashable, Sendable {
    /// Of the track.
    package let index: UInt8
    package let configuration: CodecConfiguration

    package var format: WireFormat { .mp4Sound(self.index) }

    static func all(of tracks: [TrackID: CodecConfiguration]) -> [SoundRendition] {
        let sounds = tracks.sorted { $0.key < $1.key }.filter { track, configuration in
            track.kind == .audio && MP4Muxer.omission(of: track, configuration) == nil
        }
        return sounds.dropFirst().prefix(Carriage.renditionLimit).map {
            SoundRendition(index: $0.key.index, configuration: $0.value)
        }
    }
}

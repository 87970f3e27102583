import Contract
import Media
import Wire

/// RTMP: FLV tags as messages, for three kinds of players.
enum RTMPFormat: OutputFormat {
    /// Players that have said nothing of Enhanced RTMP.
    case plain
    /// Those that know its codecs.
    case enhanced
    /// Those that know its multitrack messages.
    case multitrack

    var noun: String { "RTMP" }
    var contentType: String { "video/x-flv" }
    var viewers: ViewerProtocol { .rtmp }
    var served: [ViewerProtocol] { [.rtmp] }

    func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        MediaTagEncoder.omission(of: track, configuration)
    }

    func select(from carriage: inout Carriage) {
        switch self {
        case .plain:
            Self.leaveOutWhatOldPlayersDoNotKnow(of: &carriage)
            Self.keepFirstTracks(of: &carriage)
        case .enhanced: Self.keepFirstTracks(of: &carriage)
        case .multitrack: break
        }
    }

    func makeMux(_ context: MuxContext) -> any WireMux {
        let chunks = RTMPChunkEncoder(chunkSize: RTMPSessionConfiguration().chunkSize)
        return TagMux(context.format, framing: .rtmp(chunks), isMultitrack: self == .multitrack)
    }

    private static func keepFirstTracks(of carriage: inout Carriage) {
        carriage.keepFirst(1, of: .video, in: "RTMP without multitrack")
        carriage.keepFirst(1, of: .audio, in: "RTMP without multitrack")
    }

    /// Of who has not said that it knows Enhanced RTMP most know it and some do not. Those show nothing at all of a stream in
    /// which only the sound is of that kind (ffmpeg 5.1, mpv, GStreamer); where the picture is, there is nothing to save.
    private static func leaveOutWhatOldPlayersDoNotKnow(of carriage: inout Carriage) {
        guard let video = carriage.sorted.first, video.id.kind == .video,
            MediaTagEncoder.isLegacy(video.configuration)
        else { return }
        for (track, configuration) in carriage.sorted
        where track.kind == .audio && !MediaTagEncoder.isLegacy(configuration) {
            carriage.leaveOut(
                track,
                because: MediaOmission(
                    notIn: "RTMP",
                    track,
                    configuration,
                    because: "a player that has not said it knows Enhanced RTMP may show nothing at all then",
                    instead: "send AAC, or play it by .flv, .m3u8, SRT or RTSP"
                )
            )
        }
    }
}

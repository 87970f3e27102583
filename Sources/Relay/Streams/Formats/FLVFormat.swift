import Contract
import Media
import Wire

/// FLV as a file without end, by HTTP.
struct FLVFormat: OutputFormat {
    var noun: String { "HTTP-FLV" }
    var contentType: String { "video/x-flv" }
    var viewers: ViewerProtocol { .flv }
    var served: [ViewerProtocol] { [.flv] }

    func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        MediaTagEncoder.omission(of: track, configuration)
    }

    func select(from carriage: inout Carriage) {
        carriage.keepFirst(1, of: .video, in: "FLV")
        carriage.keepFirst(1, of: .audio, in: "FLV")
    }

    func makeMux(_ context: MuxContext) -> any WireMux {
        TagMux(context.format, framing: .flv, isMultitrack: false)
    }
}

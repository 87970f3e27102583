import Capacity
import Contract
import Libav
import Media

/// MPEG transport stream: by HTTP, SRT and UDP, and in segments.
struct TransportStreamFormat: OutputFormat {
    private static let soundLimit = 16

    var noun: String { "MPEG-TS and its HLS" }
    var contentType: String { "video/mp2t" }
    var viewers: ViewerProtocol { .ts }
    var served: [ViewerProtocol] { [.ts, .hlsTS, .udp] }
    var reachesBack: Bool { true }

    func records(window: Int64) -> Int { TapePlan.records(.transportStream, window: window) }

    func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        TSMuxer.omission(of: track, configuration)
    }

    func select(from carriage: inout Carriage) {
        carriage.keepFirst(1, of: .video, in: "MPEG-TS")
        carriage.keepFirst(Self.soundLimit, of: .audio, in: "MPEG-TS")
    }

    func makeMux(_ context: MuxContext) -> any WireMux { TSMux() }
}

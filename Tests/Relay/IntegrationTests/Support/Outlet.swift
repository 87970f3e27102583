import Testing
import Toolkit

/// Every way out of a relay.
enum Outlet: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case rtmp, flv, ts, mp4, hls, hlsTS

    var testDescription: String {
        switch self {
        case .rtmp: "RTMP"
        case .flv: "HTTP-FLV"
        case .ts: "HTTP-TS"
        case .mp4: "MP4"
        case .hls: "HLS"
        case .hlsTS: "HLS with TS"
        }
    }

    /// What a person types into a player.
    func address(on relay: RelayProcess, stream: String = "main") -> String {
        switch self {
        case .rtmp: relay.playAddress(stream)
        case .flv: relay.stream(stream, ".flv")
        case .ts: relay.stream(stream, ".ts")
        case .mp4: relay.stream(stream, ".mp4")
        case .hls: relay.stream(stream, ".m3u8")
        case .hlsTS: relay.stream(stream, ".ts.m3u8")
        }
    }

    /// Whether access units leave it in Annex B and audio in ADTS.
    var isTransportStream: Bool { self == .ts || self == .hlsTS }

    /// Whether ffmpeg 5.1 understands newer codecs in it.
    var isFLV: Bool { self == .rtmp || self == .flv }

    var isHLS: Bool { self == .hls || self == .hlsTS }
}

import Libav
package import Media
import Wire

/// The formats a stream is muxed to, each once however many viewers it has.
package enum WireFormat: String, Hashable, Sendable, CaseIterable {
    case rtmp, flv, ts, mp4
    /// RTP and RTCP, interleaved: every track, or one kind of them under the same numbers.
    case rtp
    case rtpVideo = "rtp_video"
    case rtpAudio = "rtp_audio"

    package func carries(_ codec: Codec) -> Bool {
        switch self {
        case .rtmp, .flv: MediaTagEncoder.carries(codec)
        case .ts: TSMuxer.carries(codec)
        case .mp4: MP4Muxer.carries(codec)
        case .rtp: RTPOutgoingTrack.carries(codec)
        case .rtpVideo: codec.kind == .video && RTPOutgoingTrack.carries(codec)
        case .rtpAudio: codec.kind == .audio && RTPOutgoingTrack.carries(codec)
        }
    }
}

import Libav
package import Media
import Wire

/// The formats a stream is muxed to, each once however many viewers it has.
package enum WireFormat: Hashable, Sendable {
    case rtmp, flv, ts, mp4
    /// RTP and RTCP of every track, interleaved.
    case rtp
    /// The same of some of the tracks, under the same numbers, for players that set up only those.
    case rtpTracks(RTPTrackNumbers)

    /// As it stands in logs and reports.
    package var rawValue: String {
        switch self {
        case .rtmp: "rtmp"
        case .flv: "flv"
        case .ts: "ts"
        case .mp4: "mp4"
        case .rtp: "rtp"
        case .rtpTracks: "rtp_tracks"
        }
    }

    package func carries(_ codec: Codec) -> Bool {
        switch self {
        case .rtmp, .flv: MediaTagEncoder.carries(codec)
        case .ts: TSMuxer.carries(codec)
        case .mp4: MP4Muxer.carries(codec)
        case .rtp, .rtpTracks: RTPOutgoingTrack.carries(codec)
        }
    }
}

/// Some of the tracks that a stream has in RTP, by ``RTPOutgoingTrack/number``.
package struct RTPTrackNumbers: Hashable, Sendable {
    private let bits: UInt32

    /// Numbers that no track of RTP can have are left out.
    package init(_ numbers: some Sequence<Int>) {
        self.bits = numbers.reduce(0) { (0..<RTPOutgoingTrack.limit).contains($1) ? $0 | 1 << UInt32($1) : $0 }
    }

    package func contains(_ number: Int) -> Bool {
        (0..<RTPOutgoingTrack.limit).contains(number) && self.bits >> UInt32(number) & 1 == 1
    }
}

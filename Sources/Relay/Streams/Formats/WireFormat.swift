import Libav
import Media
import Wire

/// The formats a stream is muxed to, each once however many viewers it has.
package enum WireFormat: Hashable, Sendable {
    /// RTMP for players that have said nothing of Enhanced RTMP, for those that know its codecs, and for those that know its
    /// multitrack messages.
    case rtmp, rtmpEnhanced, rtmpMultitrack
    case flv, ts, mp4
    /// One of the sounds beside the first, in segments of fragmented MP4 of its own.
    case mp4Sound(UInt8)
    /// RTP and RTCP of every track, interleaved.
    case rtp
    /// The same of some of the tracks, under the same numbers, for players that set up only those.
    case rtpTracks(RTPTrackNumbers)

    /// As it stands in logs and reports.
    package var rawValue: String {
        switch self {
        case .rtmp: "rtmp"
        case .rtmpEnhanced: "rtmp_enhanced"
        case .rtmpMultitrack: "rtmp_multitrack"
        case .flv: "flv"
        case .ts: "ts"
        case .mp4: "mp4"
        case .mp4Sound(let index): "mp4_sound_\(index)"
        case .rtp: "rtp"
        case .rtpTracks: "rtp_tracks"
        }
    }

    /// Why the format cannot carry the track, whatever others there are; nil where it can.
    func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        switch self {
        case .rtmp, .rtmpEnhanced, .rtmpMultitrack, .flv: MediaTagEncoder.omission(of: track, configuration)
        case .ts: TSMuxer.omission(of: track, configuration)
        case .mp4, .mp4Sound: MP4Muxer.omission(of: track, configuration)
        case .rtp, .rtpTracks: RTPOutgoingTrack.omission(of: track, configuration)
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

/// A way to watch a stream that has a tape of its own.
package enum WireKind: Hashable, Sendable, CaseIterable {
    case rtmp, flv, transportStream, mp4, rtp

    /// What viewers say they watch.
    package var noun: String {
        switch self {
        case .rtmp: "RTMP"
        case .flv: "HTTP-FLV"
        case .transportStream: "MPEG-TS and its HLS"
        case .mp4: "MP4 and HLS"
        case .rtp: "RTSP"
        }
    }

    /// Whether playlists offer what is on the tape, which then has to hold the window.
    package var hasPlaylists: Bool {
        switch self {
        case .transportStream, .mp4: true
        case .rtmp, .flv, .rtp: false
        }
    }

    /// Bytes on the tape for 1000 bytes of picture and sound. MPEG-TS has headers in every 188 bytes, and a frame of sound
    /// fills its last packet.
    package var framing: Int {
        switch self {
        case .rtmp, .flv, .mp4: 1020
        case .rtp: 1040
        case .transportStream: 1100
        }
    }
}

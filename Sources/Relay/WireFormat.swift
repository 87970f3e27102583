import Libav
package import Media

/// The formats a stream is muxed to, each once however many viewers it has.
package enum WireFormat: String, Hashable, Sendable, CaseIterable {
    case rtmp, flv, ts, mp4

    package func carries(_ codec: Codec) -> Bool {
        switch self {
        case .rtmp, .flv: true
        case .ts: TSMuxer.carries(codec)
        case .mp4: MP4Muxer.carries(codec)
        }
    }
}

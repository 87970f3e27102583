/// The codings a relay carries. It never re-encodes, so what it cannot name it refuses.
package enum Codec: String, Hashable, Sendable, CaseIterable, Codable {
    case h264, hevc, av1, vp9, vp8
    case aac, mp3, opus, flac, ac3, eac3

    package var kind: TrackKind {
        switch self {
        case .h264, .hevc, .av1, .vp9, .vp8: .video
        case .aac, .mp3, .opus, .flac, .ac3, .eac3: .audio
        }
    }
}

/// The codings a relay carries. It never re-encodes, so what it cannot name it refuses.
package enum Codec: String, Hashable, Sendable, CaseIterable, Codable {
    case h264, hevc, av1, vp9, vp8
    case aac, mp3, opus, flac, ac3, eac3
    /// MPEG-1 and MPEG-2 audio of layer II, and of layer I, which every decoder of layer II plays (ISO/IEC 11172-3).
    case mp2
    /// ITU-T G.711, µ-law and A-law.
    case pcmu, pcma
    /// Samples of 16 bits, most significant byte first, as RFC 3551 section 4.5.11 has them.
    case l16

    package var kind: TrackKind {
        switch self {
        case .h264, .hevc, .av1, .vp9, .vp8: .video
        case .aac, .mp3, .mp2, .opus, .flac, .ac3, .eac3, .pcmu, .pcma, .l16: .audio
        }
    }
}

extension Codec {
    /// What people call it.
    package var title: String {
        switch self {
        case .h264: "H.264"
        case .hevc: "HEVC"
        case .av1: "AV1"
        case .vp9: "VP9"
        case .vp8: "VP8"
        case .aac: "AAC"
        case .mp3: "MP3"
        case .mp2: "MP2"
        case .opus: "Opus"
        case .flac: "FLAC"
        case .ac3: "AC-3"
        case .eac3: "E-AC-3"
        case .pcmu: "G.711 µ-law"
        case .pcma: "G.711 A-law"
        case .l16: "PCM"
        }
    }
}

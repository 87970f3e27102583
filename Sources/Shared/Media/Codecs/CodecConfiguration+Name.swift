extension Codec {
    /// What people call it.
    package var name: String {
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
        case .l16: "L16"
        }
    }
}

extension CodecConfiguration {
    /// What people call the coding, and its form where that has a name of its own: `AAC-ELD`.
    package var name: String {
        guard self.codec == .aac, let aac = try? AudioSpecificConfig(record: self.record) else {
            return self.codec.name
        }
        return aac.name
    }
}

extension AudioSpecificConfig {
    /// ISO/IEC 14496-3 table 1.17, as people call them.
    package var name: String {
        let name: String =
            switch self.objectType {
            case 1: "AAC Main"
            case 2: self.hasParametricStereo ? "HE-AAC v2" : self.extensionSampleRate != nil ? "HE-AAC" : "AAC-LC"
            case 3: "AAC-SSR"
            case 4: "AAC-LTP"
            case 17: "ER AAC-LC"
            case 23: "AAC-LD"
            case 39: "AAC-ELD"
            case 42: "xHE-AAC"
            default: "AAC of object type \(self.objectType)"
            }
        return self.frameLength == 960 ? "\(name) with 960 samples a frame" : name
    }
}

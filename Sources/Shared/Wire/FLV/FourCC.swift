package import Media

/// Four characters that name a coding in Enhanced RTMP, the first in the most significant byte.
package struct FourCC: Hashable, Sendable, CustomStringConvertible {
    package let value: UInt32

    package init(_ value: UInt32) {
        self.value = value
    }

    /// How Enhanced RTMP v2 names the coding; nil for those it has no name for.
    package init?(_ codec: Codec) {
        switch codec {
        case .h264: self.value = 0x6176_6331  // avc1
        case .hevc: self.value = 0x6876_6331  // hvc1
        case .av1: self.value = 0x6176_3031  // av01
        case .vp9: self.value = 0x7670_3039  // vp09
        case .vp8: self.value = 0x7670_3038  // vp08
        case .aac: self.value = 0x6D70_3461  // mp4a
        case .mp3: self.value = 0x2E6D_7033  // .mp3
        case .opus: self.value = 0x4F70_7573  // Opus
        case .flac: self.value = 0x664C_6143  // fLaC
        case .ac3: self.value = 0x6163_2D33  // ac-3
        case .eac3: self.value = 0x6563_2D33  // ec-3
        case .mp2, .pcmu, .pcma, .l16: return nil
        }
    }

    /// The coding, if a relay carries it.
    package var codec: Codec? { Self.codecs[self] }

    private static let codecs = Dictionary(
        uniqueKeysWithValues: Codec.allCases.compactMap { codec in FourCC(codec).map { ($0, codec) } }
    )

    /// The characters; what is not printable ASCII shows as `?`.
    package var description: String {
        String(
            (0..<4).map { index -> Character in
                let byte = UInt8(truncatingIfNeeded: self.value >> UInt32(24 - 8 * index))
                return byte >= 0x20 && byte < 0x7F ? Character(Unicode.Scalar(byte)) : "?"
            }
        )
    }
}

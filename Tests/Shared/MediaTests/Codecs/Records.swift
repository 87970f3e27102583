import Media
import NIOCore

extension ByteBuffer {
    /// Bytes written as hexadecimal digits.
    init(hex: String) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in hex {
            guard let value = digit.hexDigitValue.map(UInt8.init) else { continue }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.init(bytes: bytes)
    }
}

/// Configuration records as encoders wrote them.
enum Records {
    /// x264, 1920×1080 at 30000/1001.
    static let avc = ByteBuffer(
        hex: "01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800"
    )
    /// x264, 1920×1080 interlaced at 25.
    static let avcInterlaced = ByteBuffer(
        hex: "01640028ffe1001a67640028acd94078044fde0220000003002000000643e2c5b2c001000668fba3cb22c0fdf8f800"
    )
    /// x264, 638×362 at 50, 4:2:2 with ten bits.
    static let avcOdd = ByteBuffer(
        hex: "017a001fffe1001b677a001fb6cd940a02fea7c044000003000400000301903c60c65801000668ebe3cb22c0fefafa00"
    )
    /// x265, 1920×1080 at 50.
    static let hevc = ByteBuffer(
        hex: """
            0101600000009000000000007bf000fcfdf8f800000f03200001001840010c01ffff01600000030090000003000003007b959809\
            210001002a42010101600000030090000003000003007ba003c08010e596566924caf016808000000300800000190422000100074401\
            c172b46240
            """
    )
    /// x265, 1280×718 at 24000/1001, ten bits, scaling lists.
    static let hevcTen = ByteBuffer(
        hex: """
            0102200000009000000000005df000fcfdfafa00000f03200001001840010c01ffff02200000030090000003000003005d959809\
            210001002a42010102200000030090000003000003005da00280802d1f4d96566924e5780b40400000fa400017700222000100074401\
            c172b46240
            """
    )
    /// SVT-AV1, 1920×1080, ten bits.
    static let av1 = ByteBuffer(hex: "81084c000a0c02000042955dfe1b805f0808")
    /// libvpx, profile 2, in the form of a whole box's body.
    static let vp9 = ByteBuffer(hex: "010000000215a20202020000")
    /// libopus, 5.1.
    static let opus = ByteBuffer(hex: "4f707573486561640106380180bb00000000010402000401020305")
    /// ffmpeg, mono at 48000, without a signature.
    static let flac = ByteBuffer(hex: "04000400 000000000000 0bb800f000000000 00000000000000000000000000000000")
    /// ffmpeg, LC, mono at 48000, with the end of a trailing extension that says no SBR.
    static let aac = ByteBuffer(hex: "118856e500")

    static let all: [(Codec, ByteBuffer)] = [
        (.h264, avc), (.h264, avcInterlaced), (.h264, avcOdd), (.hevc, hevc), (.hevc, hevcTen), (.av1, av1),
        (.vp9, vp9), (.opus, opus), (.flac, flac), (.aac, aac),
    ]
}

package import NIOCore

/// The start of a VP9 frame's uncompressed header: VP9 specification section 6.2.
package struct VP9FrameHeader: Hashable, Sendable {
    package struct Keyframe: Sendable, Hashable {
        package var profile: Int
        package var bitDepth: Int
        package var colourSpace: Int
        package var chromaSubsampling: Int
        package var isFullRange: Bool
        package var width: Int
        package var height: Int

        /// Primaries, transfer and matrix as in ISO/IEC 23091-2.
        package var colour: (Int, Int, Int) {
            switch self.colourSpace {
            case 1, 3: (6, 6, 6)
            case 2: (1, 1, 1)
            case 4: (7, 7, 7)
            case 5: (9, 14, 9)
            case 7: (1, 13, 0)
            default: (2, 2, 2)
            }
        }
    }

    /// What a key frame tells; nil for all others.
    package var keyframe: Keyframe?

    package init(_ frame: ByteBuffer) throws(CodecError) {
        var reader = BitReader(frame, of: "VP9 uncompressed_header")
        let marker = try reader.bits(2, "frame_marker")
        guard marker == 2 else { throw reader.refusal(of: marker, "frame_marker") }
        var profile = try reader.bits(1, "profile_low_bit")
        profile |= try reader.bits(1, "profile_high_bit") << 1
        if profile == 3 { try reader.skip(1, "reserved_zero") }
        if try reader.flag("show_existing_frame") { return }
        let isInter = try reader.flag("frame_type")
        try reader.skip(2, "show_frame")
        if isInter { return }
        let sync = try reader.bits(24, "frame_sync_code")
        guard sync == 0x498342 else { throw reader.refusal(of: sync, "frame_sync_code") }
        let bitDepth = profile >= 2 ? try reader.flag("ten_or_twelve_bit") ? 12 : 10 : 8
        let colourSpace = try reader.bits(3, "color_space")
        var chroma = 1
        var isFullRange = true
        let carriesSubsampling = profile == 1 || profile == 3
        if colourSpace == 7 {
            chroma = 3
            if carriesSubsampling { try reader.skip(1, "reserved_zero") }
        } else {
            isFullRange = try reader.flag("color_range")
            if carriesSubsampling {
                let halfWidth = try reader.flag("subsampling_x")
                let halfHeight = try reader.flag("subsampling_y")
                chroma = halfWidth ? halfHeight ? 1 : 2 : 3
                try reader.skip(1, "reserved_zero")
            }
        }
        self.keyframe = Keyframe(
            profile: profile,
            bitDepth: bitDepth,
            colourSpace: colourSpace,
            chromaSubsampling: chroma,
            isFullRange: isFullRange,
            width: try reader.bits(16, "frame_width_minus_1") + 1,
            height: try reader.bits(16, "frame_height_minus_1") + 1
        )
    }
}

/// The start of a VP8 frame: RFC 6386 section 9.1.
package struct VP8FrameHeader: Hashable, Sendable {
    package var isKeyframe: Bool
    /// The picture in pixels; zero but in key frames.
    package var width = 0
    package var height = 0

    package init(_ frame: ByteBuffer) throws(CodecError) {
        var reader = BitReader(frame, of: "VP8 frame header")
        self.isKeyframe = try reader.bits(8, "frame tag") & 1 == 0
        guard self.isKeyframe else { return }
        try reader.skip(16, "frame tag")
        let start = try reader.bits(24, "start code")
        guard start == 0x9D012A else { throw reader.refusal(of: start, "start code") }
        self.width = try Self.side(&reader, "width")
        self.height = try Self.side(&reader, "height")
    }

    /// Fourteen bits, least significant byte first, under two of scaling.
    private static func side(_ reader: inout BitReader, _ field: String) throws(CodecError) -> Int {
        let low = try reader.bits(8, field)
        let side = (try reader.bits(8, field) & 0x3F) << 8 | low
        guard side > 0 else { throw reader.refusal(of: side, field) }
        return side
    }
}

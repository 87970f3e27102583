/// What the numbers of a picture mean: the code points of ITU-T H.273 (ISO/IEC 23091-2), which H.264, H.265, AV1 and VP9
/// share.
package struct ColourDescription: Hashable, Sendable {
    package var primaries: Int
    package var transfer: Int
    package var matrix: Int

    package init(primaries: Int, transfer: Int, matrix: Int) {
        self.primaries = primaries
        self.transfer = transfer
        self.matrix = matrix
    }

    /// Reads the three bytes that all of these codings write in the same order.
    init(_ reader: inout BitReader) throws(CodecError) {
        self.primaries = try reader.bits(8, "colour_primaries")
        self.transfer = try reader.bits(8, "transfer_characteristics")
        self.matrix = try reader.bits(8, "matrix_coefficients")
    }

    /// Reads what the usability information of H.264 (section E.1.1) and of H.265 (section E.2.1) begin with alike, up to where
    /// chroma samples lie; nil where it describes no colours.
    static func read(fromUsability reader: inout BitReader) throws(CodecError) -> ColourDescription? {
        if try reader.flag("aspect_ratio_info_present_flag"), try reader.bits(8, "aspect_ratio_idc") == 255 {
            try reader.skip(32, "sar")
        }
        if try reader.flag("overscan_info_present_flag") { try reader.skip(1, "overscan_appropriate_flag") }
        var colour: ColourDescription?
        if try reader.flag("video_signal_type_present_flag") {
            try reader.skip(4, "video_format")
            if try reader.flag("colour_description_present_flag") { colour = try ColourDescription(&reader) }
        }
        if try reader.flag("chroma_loc_info_present_flag") {
            _ = try reader.unsignedExpGolomb("chroma_sample_loc_type_top_field")
            _ = try reader.unsignedExpGolomb("chroma_sample_loc_type_bottom_field")
        }
        return colour
    }

    package var range: DynamicRange {
        switch self.transfer {
        case 16: .pq
        case 18: .hlg
        default: .standard
        }
    }
}

/// How bright the brightest may be. The raw values are those of `VIDEO-RANGE` in playlists (RFC 8216bis section 4.4.6.2).
package enum DynamicRange: String, Hashable, Sendable {
    case standard = "SDR"
    /// Hybrid log-gamma, Rec. ITU-R BT.2100.
    case hlg = "HLG"
    /// Perceptual quantisation, SMPTE ST 2084.
    case pq = "PQ"
}

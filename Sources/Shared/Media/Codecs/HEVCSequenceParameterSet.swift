package import NIOCore

/// What a relay wants to know of an H.265 sequence parameter set (ITU-T H.265 section 7.3.2.2.1).
package struct HEVCSequenceParameterSet: Hashable, Sendable {
    package var profileTierLevel: HEVCProfileTierLevel
    /// `sps_seq_parameter_set_id`.
    package var number: Int
    /// Temporal sub-layers, at least one, and whether every picture of a higher one can be switched up to.
    package var subLayers: Int
    package var isTemporallyNested: Bool
    package var chromaFormat: Int
    package var lumaBitDepth: Int
    package var chromaBitDepth: Int

    /// The picture in pixels, within the conformance window.
    package var width: Int
    package var height: Int

    /// `separate_colour_plane_flag`.
    package var hasSeparatePlanes = false
    /// Bits of `slice_pic_order_cnt_lsb`; nil where the set ends before it says.
    package var pictureOrderBits: Int?
    /// `sample_adaptive_offset_enabled_flag`; nil where the set ends before it says.
    package var hasAdaptiveOffset: Bool?

    /// What the numbers of the picture mean, where the VUI says so.
    package var colour: ColourDescription?

    /// Pictures a second, where the VUI says so.
    package var frameRate: Double?

    /// How many pictures may come before one that is shown ahead of them; nil where it does not say.
    package var reorderDepth: Int?

    /// Reads the NAL unit, its header included, emulation prevention bytes still in it.
    package init(nalUnit: ByteBuffer) throws(CodecError) {
        var reader = BitReader(nalUnit.withoutEmulationPrevention(), of: "H.265 seq_parameter_set")
        let kind = try reader.bits(16, "nal_unit_type") >> 9 & 0x3F
        guard kind == 33 else { throw reader.refusal(of: kind, "nal_unit_type") }
        try reader.skip(4, "sps_video_parameter_set_id")
        let subLayers = try reader.bits(3, "sps_max_sub_layers_minus1")
        self.subLayers = subLayers + 1
        self.isTemporallyNested = try reader.flag("sps_temporal_id_nesting_flag")
        self.profileTierLevel = try HEVCProfileTierLevel(general: &reader)
        try Self.skipSubLayers(&reader, subLayers)
        self.number = try reader.unsignedExpGolomb("sps_seq_parameter_set_id")
        self.chromaFormat = try reader.unsignedExpGolomb("chroma_format_idc")
        guard self.chromaFormat <= 3 else { throw reader.refusal(of: self.chromaFormat, "chroma_format_idc") }
        var planes = self.chromaFormat
        if self.chromaFormat == 3, try reader.flag("separate_colour_plane_flag") {
            self.hasSeparatePlanes = true
            planes = 0
        }
        let codedWidth = try reader.unsignedExpGolomb("pic_width_in_luma_samples")
        let codedHeight = try reader.unsignedExpGolomb("pic_height_in_luma_samples")
        var window = CropRectangle()
        if try reader.flag("conformance_window_flag") { window = try CropRectangle(&reader) }
        self.lumaBitDepth = try Self.bitDepth(&reader, "bit_depth_luma_minus8")
        self.chromaBitDepth = try Self.bitDepth(&reader, "bit_depth_chroma_minus8")

        let unitX = planes == 1 || planes == 2 ? 2 : 1
        let unitY = planes == 1 ? 2 : 1
        self.width = codedWidth - unitX * (window.left + window.right)
        self.height = codedHeight - unitY * (window.top + window.bottom)
        guard PictureSize.isPossible(self.width) else { throw reader.refusal(of: self.width, "picture width") }
        guard PictureSize.isPossible(self.height) else { throw reader.refusal(of: self.height, "picture height") }

        // As with H.264: pictures decode without what follows, and devices get it wrong.
        try? self.readToTiming(&reader, subLayers: subLayers)
    }

    private static func bitDepth(_ reader: inout BitReader, _ field: String) throws(CodecError) -> Int {
        let beyondEight = try reader.unsignedExpGolomb(field)
        guard beyondEight <= 8 else { throw reader.refusal(of: beyondEight, field) }
        return beyondEight + 8
    }

    static func skipSubLayers(_ reader: inout BitReader, _ count: Int) throws(CodecError) {
        guard count > 0 else { return }
        var present: [(profile: Bool, level: Bool)] = []
        for _ in 0..<count {
            present.append(
                (
                    try reader.flag("sub_layer_profile_present_flag"), try reader.flag("sub_layer_level_present_flag")
                )
            )
        }
        try reader.skip(2 * (8 - count), "reserved_zero_2bits")
        for layer in present {
            if layer.profile { try reader.skip(88, "sub_layer_profile") }
            if layer.level { try reader.skip(8, "sub_layer_level_idc") }
        }
    }
}

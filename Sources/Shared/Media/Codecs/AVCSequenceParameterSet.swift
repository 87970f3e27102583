package import NIOCore

/// What a relay wants to know of an H.264 sequence parameter set (ITU-T H.264 section 7.3.2.1.1).
package struct AVCSequenceParameterSet: Hashable, Sendable {
    package var profile: UInt8
    /// The byte of constraint flags, between profile and level.
    package var constraints: UInt8
    package var level: UInt8
    /// `seq_parameter_set_id`.
    package var number: Int
    package var chromaFormat = 1
    package var lumaBitDepth = 8
    package var chromaBitDepth = 8

    /// Bits of `frame_num` in slice headers.
    package var frameNumberBits: Int
    package var pictureOrder: PictureOrderCoding
    /// Slices have no `field_pic_flag`: `frame_mbs_only_flag`.
    package var hasFramesOnly: Bool
    /// `separate_colour_plane_flag`.
    package var hasSeparatePlanes = false

    /// The picture in pixels, after cropping.
    package var width: Int
    package var height: Int

    /// What the numbers of the picture mean, where the VUI says so.
    package var colour: ColourDescription?

    /// Pictures a second, where the VUI says so.
    package var frameRate: Double?

    /// How many pictures may come before one that is shown ahead of them; nil where it does not say.
    package var reorderDepth: Int?

    /// How slice headers tell in which order pictures are shown: `pic_order_cnt_type`, section 8.2.1.
    package enum PictureOrderCoding: Hashable, Sendable {
        /// Type 0: the least significant bits of the count, so many.
        case counted(bits: Int)
        /// Type 1: differences to an expected cycle, unless `delta_pic_order_always_zero_flag` says that there are none.
        case cycle(hasDeltas: Bool)
        /// Type 2: as they are decoded.
        case asDecoded
    }

    /// Reads the NAL unit, its header included, emulation prevention bytes still in it.
    package init(nalUnit: ByteBuffer) throws(CodecError) {
        var reader = BitReader(nalUnit.withoutEmulationPrevention(), of: "H.264 seq_parameter_set")
        let kind = try reader.bits(8, "nal_unit_type") & 0x1F
        guard kind == 7 else { throw reader.refusal(of: kind, "nal_unit_type") }
        let profile = try reader.bits(8, "profile_idc")
        self.profile = UInt8(profile)
        self.constraints = UInt8(try reader.bits(8, "constraint_set_flags"))
        self.level = UInt8(try reader.bits(8, "level_idc"))
        self.number = try reader.unsignedExpGolomb("seq_parameter_set_id")
        guard self.number <= 31 else { throw reader.refusal(of: self.number, "seq_parameter_set_id") }
        if Self.profilesWithChromaFormat.contains(profile) {
            self.chromaFormat = try reader.unsignedExpGolomb("chroma_format_idc")
            guard self.chromaFormat <= 3 else { throw reader.refusal(of: self.chromaFormat, "chroma_format_idc") }
            if self.chromaFormat == 3 { self.hasSeparatePlanes = try reader.flag("separate_colour_plane_flag") }
            self.lumaBitDepth = try Self.bitDepth(&reader, "bit_depth_luma_minus8")
            self.chromaBitDepth = try Self.bitDepth(&reader, "bit_depth_chroma_minus8")
            try reader.skip(1, "qpprime_y_zero_transform_bypass_flag")
            if try reader.flag("seq_scaling_matrix_present_flag") {
                for list in 0..<(self.chromaFormat == 3 ? 12 : 8) where try reader.flag("scaling_list_present_flag") {
                    try Self.skipScalingList(&reader, size: list < 6 ? 16 : 64)
                }
            }
        }
        self.frameNumberBits = try Self.bits(&reader, "log2_max_frame_num_minus4")
        self.pictureOrder = try Self.pictureOrder(&reader)
        // Output order is decoding order: section 7.4.2.1.1, and what the profile has no B slices for.
        if self.pictureOrder == .asDecoded || profile == 66 { self.reorderDepth = 0 }
        _ = try reader.unsignedExpGolomb("max_num_ref_frames")
        try reader.skip(1, "gaps_in_frame_num_value_allowed_flag")
        let codedWidth = try reader.unsignedExpGolomb("pic_width_in_mbs_minus1")
        let codedHeight = try reader.unsignedExpGolomb("pic_height_in_map_units_minus1")
        self.hasFramesOnly = try reader.flag("frame_mbs_only_flag")
        let framesOnly = self.hasFramesOnly
        if !framesOnly { try reader.skip(1, "mb_adaptive_frame_field_flag") }
        try reader.skip(1, "direct_8x8_inference_flag")
        var crop = CropRectangle()
        if try reader.flag("frame_cropping_flag") { crop = try CropRectangle(&reader) }

        let planes = self.hasSeparatePlanes ? 0 : self.chromaFormat
        let unitX = planes == 1 || planes == 2 ? 2 : 1
        let unitY = (planes == 1 ? 2 : 1) * (framesOnly ? 1 : 2)
        self.width = (codedWidth + 1) * 16 - unitX * (crop.left + crop.right)
        self.height = (codedHeight + 1) * 16 * (framesOnly ? 1 : 2) - unitY * (crop.top + crop.bottom)
        guard PictureSize.isPossible(self.width) else { throw reader.refusal(of: self.width, "picture width") }
        guard PictureSize.isPossible(self.height) else { throw reader.refusal(of: self.height, "picture height") }

        // Devices write VUIs that end too early; the picture decodes all the same, only the rate stays unknown.
        try? self.readUsability(&reader)
    }

    private static let profilesWithChromaFormat: Set<Int> = [
        100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
    ]

    private static func bitDepth(_ reader: inout BitReader, _ field: String) throws(CodecError) -> Int {
        let beyondEight = try reader.unsignedExpGolomb(field)
        guard beyondEight <= 6 else { throw reader.refusal(of: beyondEight, field) }
        return beyondEight + 8
    }

    private static func skipScalingList(_ reader: inout BitReader, size: Int) throws(CodecError) {
        var last = 8
        for _ in 0..<size {
            let delta = try reader.signedExpGolomb("delta_scale")
            guard delta >= -128, delta <= 127 else { throw reader.refusal(of: delta, "delta_scale") }
            let next = (last + delta + 256) % 256
            if next == 0 { return }
            last = next
        }
    }

    /// A number of bits of which the set gives what is beyond four.
    private static func bits(_ reader: inout BitReader, _ field: String) throws(CodecError) -> Int {
        let beyondFour = try reader.unsignedExpGolomb(field)
        guard beyondFour <= 12 else { throw reader.refusal(of: beyondFour, field) }
        return beyondFour + 4
    }

    private static func pictureOrder(_ reader: inout BitReader) throws(CodecError) -> PictureOrderCoding {
        let kind = try reader.unsignedExpGolomb("pic_order_cnt_type")
        switch kind {
        case 0:
            return .counted(bits: try Self.bits(&reader, "log2_max_pic_order_cnt_lsb_minus4"))
        case 1:
            let hasDeltas = try !reader.flag("delta_pic_order_always_zero_flag")
            _ = try reader.signedExpGolomb("offset_for_non_ref_pic")
            _ = try reader.signedExpGolomb("offset_for_top_to_bottom_field")
            let count = try reader.unsignedExpGolomb("num_ref_frames_in_pic_order_cnt_cycle")
            guard count <= 255 else { throw reader.refusal(of: count, "num_ref_frames_in_pic_order_cnt_cycle") }
            for _ in 0..<count { _ = try reader.signedExpGolomb("offset_for_ref_frame") }
            return .cycle(hasDeltas: hasDeltas)
        case 2:
            return .asDecoded
        default:
            throw reader.refusal(of: kind, "pic_order_cnt_type")
        }
    }

    /// Section E.1.1.
    private mutating func readUsability(_ reader: inout BitReader) throws(CodecError) {
        guard try reader.flag("vui_parameters_present_flag") else { return }
        self.colour = try ColourDescription.read(fromUsability: &reader)
        if try reader.flag("timing_info_present_flag") {
            let unitsInTick = try reader.bits(32, "num_units_in_tick")
            let timeScale = try reader.bits(32, "time_scale")
            // A tick is a field's time: two make a picture.
            self.frameRate = FrameRate.plausible(Double(timeScale), per: Double(unitsInTick) * 2)
            try reader.skip(1, "fixed_frame_rate_flag")
        }
        let hasNALBuffer = try Self.skipBuffer(&reader, "nal_hrd_parameters_present_flag")
        let hasSliceBuffer = try Self.skipBuffer(&reader, "vcl_hrd_parameters_present_flag")
        if hasNALBuffer || hasSliceBuffer { try reader.skip(1, "low_delay_hrd_flag") }
        try reader.skip(1, "pic_struct_present_flag")
        guard try reader.flag("bitstream_restriction_flag") else { return }
        try reader.skip(1, "motion_vectors_over_pic_boundaries_flag")
        for field in [
            "max_bytes_per_pic_denom", "max_bits_per_mb_denom", "log2_max_mv_length_x", "log2_max_mv_length_y",
        ] {
            _ = try reader.unsignedExpGolomb(field)
        }
        let depth = try reader.unsignedExpGolomb("max_num_reorder_frames")
        if depth <= 16 { self.reorderDepth = depth }
    }

    /// A flag and, if it is set, `hrd_parameters()`: section E.1.2.
    private static func skipBuffer(_ reader: inout BitReader, _ field: String) throws(CodecError) -> Bool {
        guard try reader.flag(field) else { return false }
        let count = try reader.unsignedExpGolomb("cpb_cnt_minus1")
        guard count <= 31 else { throw reader.refusal(of: count, "cpb_cnt_minus1") }
        try reader.skip(8, "bit_rate_scale")
        for _ in 0...count {
            _ = try reader.unsignedExpGolomb("bit_rate_value_minus1")
            _ = try reader.unsignedExpGolomb("cpb_size_value_minus1")
            try reader.skip(1, "cbr_flag")
        }
        try reader.skip(20, "initial_cpb_removal_delay_length_minus1")
        return true
    }
}

/// The four cropping offsets, in cropping units, bounded so that arithmetic on them cannot overflow.
struct CropRectangle {
    var left = 0
    var right = 0
    var top = 0
    var bottom = 0

    init() {}

    init(_ reader: inout BitReader) throws(CodecError) {
        self.left = try reader.unsignedExpGolomb("crop_left_offset")
        self.right = try reader.unsignedExpGolomb("crop_right_offset")
        self.top = try reader.unsignedExpGolomb("crop_top_offset")
        self.bottom = try reader.unsignedExpGolomb("crop_bottom_offset")
    }
}

enum PictureSize {
    /// Sides of 1 to 65535 pixels: more no coding here can say in its container.
    static func isPossible(_ side: Int) -> Bool { side > 0 && side <= 65535 }
}

enum FrameRate {
    /// Encoders fill timing fields with zeros and with clock rates; only what can be a picture rate counts.
    static func plausible(_ pictures: Double, per seconds: Double) -> Double? {
        guard seconds > 0 else { return nil }
        let rate = pictures / seconds
        return rate >= 1 && rate <= 1000 ? rate : nil
    }
}

package import NIOCore

/// What a relay wants to know of an AV1 sequence header: AV1 specification section 5.5.
package struct AV1SequenceHeader: Hashable, Sendable {
    package var profile: Int
    /// `seq_level_idx` of the first operating point.
    package var level = 0
    package var isHighTier = false

    /// The largest picture in pixels.
    package var width: Int
    package var height: Int

    /// Pictures a second, where the header promises equal intervals.
    package var frameRate: Double?

    package var bitDepth = 8
    package var isMonochrome = false
    package var hasHalfWidthChroma = true
    package var hasHalfHeightChroma = true
    package var chromaSamplePosition = 0

    /// What the numbers of the picture mean, where the header says so.
    package var colour: ColourDescription?

    /// Reads the OBU's payload.
    package init(payload: ByteBuffer) throws(CodecError) {
        var reader = BitReader(payload, of: "AV1 sequence_header_obu")
        self.profile = try reader.bits(3, "seq_profile")
        guard self.profile <= 2 else { throw reader.refusal(of: self.profile, "seq_profile") }
        try reader.skip(1, "still_picture")
        let isReduced = try reader.flag("reduced_still_picture_header")
        self.width = 0
        self.height = 0
        if isReduced {
            self.level = try reader.bits(5, "seq_level_idx")
        } else {
            try self.readOperatingPoints(&reader)
        }
        let widthBits = try reader.bits(4, "frame_width_bits_minus_1") + 1
        let heightBits = try reader.bits(4, "frame_height_bits_minus_1") + 1
        self.width = try reader.bits(widthBits, "max_frame_width_minus_1") + 1
        self.height = try reader.bits(heightBits, "max_frame_height_minus_1") + 1
        if !isReduced, try reader.flag("frame_id_numbers_present_flag") { try reader.skip(7, "frame id lengths") }
        try reader.skip(3, "use_128x128_superblock")
        if !isReduced { try Self.skipTools(&reader) }
        try reader.skip(3, "enable_superres")
        try self.readColour(&reader)
    }

    private mutating func readOperatingPoints(_ reader: inout BitReader) throws(CodecError) {
        var delayBits: Int?
        if try reader.flag("timing_info_present_flag") {
            let unitsInTick = try reader.bits(32, "num_units_in_display_tick")
            let timeScale = try reader.bits(32, "time_scale")
            if try reader.flag("equal_picture_interval") {
                let ticks = try reader.unsignedExpGolomb("num_ticks_per_picture_minus_1") + 1
                self.frameRate = FrameRate.plausible(Double(timeScale), per: Double(unitsInTick) * Double(ticks))
            }
            if try reader.flag("decoder_model_info_present_flag") {
                delayBits = try reader.bits(5, "buffer_delay_length_minus_1") + 1
                try reader.skip(42, "num_units_in_decoding_tick")
            }
        }
        let hasDisplayDelay = try reader.flag("initial_display_delay_present_flag")
        for point in 0...(try reader.bits(5, "operating_points_cnt_minus_1")) {
            try reader.skip(12, "operating_point_idc")
            let level = try reader.bits(5, "seq_level_idx")
            let isHighTier = level > 7 ? try reader.flag("seq_tier") : false
            if point == 0 { (self.level, self.isHighTier) = (level, isHighTier) }
            if let delayBits, try reader.flag("decoder_model_present_for_this_op") {
                try reader.skip(2 * delayBits + 1, "operating_parameters_info")
            }
            if hasDisplayDelay, try reader.flag("initial_display_delay_present_for_this_op") {
                try reader.skip(4, "initial_display_delay_minus_1")
            }
        }
    }

    private static func skipTools(_ reader: inout BitReader) throws(CodecError) {
        try reader.skip(4, "enable_interintra_compound")
        let hasOrderHint = try reader.flag("enable_order_hint")
        if hasOrderHint { try reader.skip(2, "enable_jnt_comp") }
        let mayUseScreenTools =
            try reader.flag("seq_choose_screen_content_tools")
            ? true : try reader.flag("seq_force_screen_content_tools")
        if mayUseScreenTools, try !reader.flag("seq_choose_integer_mv") { try reader.skip(1, "seq_force_integer_mv") }
        if hasOrderHint { try reader.skip(3, "order_hint_bits_minus_1") }
    }

    /// Section 5.5.2.
    private mutating func readColour(_ reader: inout BitReader) throws(CodecError) {
        let isHigh = try reader.flag("high_bitdepth")
        self.bitDepth = isHigh ? 10 : 8
        if isHigh, self.profile == 2, try reader.flag("twelve_bit") { self.bitDepth = 12 }
        self.isMonochrome = self.profile == 1 ? false : try reader.flag("mono_chrome")
        if try reader.flag("color_description_present_flag") { self.colour = try ColourDescription(&reader) }
        if self.isMonochrome { return }
        // sRGB with the identity matrix is 4:4:4 and full range without saying so.
        if self.colour == ColourDescription(primaries: 1, transfer: 13, matrix: 0) {
            (self.hasHalfWidthChroma, self.hasHalfHeightChroma) = (false, false)
            return
        }
        try reader.skip(1, "color_range")
        switch self.profile {
        case 0:
            break
        case 1:
            (self.hasHalfWidthChroma, self.hasHalfHeightChroma) = (false, false)
        default:
            self.hasHalfHeightChroma = false
            if self.bitDepth == 12 {
                self.hasHalfWidthChroma = try reader.flag("subsampling_x")
                if self.hasHalfWidthChroma { self.hasHalfHeightChroma = try reader.flag("subsampling_y") }
            }
        }
        if self.hasHalfWidthChroma, self.hasHalfHeightChroma {
            self.chromaSamplePosition = try reader.bits(2, "chroma_sample_position")
        }
    }
}

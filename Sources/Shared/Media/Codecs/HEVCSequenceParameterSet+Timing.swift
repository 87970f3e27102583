/// The way to the VUI's timing, which stands near the end of the parameter set behind much that varies in length.
extension HEVCSequenceParameterSet {
    /// Takes the order of the pictures, their reordering and their colours on the way.
    mutating func readToTiming(_ reader: inout BitReader, subLayers: Int) throws(CodecError) {
        let orderBits = try reader.unsignedExpGolomb("log2_max_pic_order_cnt_lsb_minus4") + 4
        guard orderBits <= 16 else { throw reader.refusal(of: orderBits, "log2_max_pic_order_cnt_lsb_minus4") }
        self.pictureOrderBits = orderBits
        let everyLayer = try reader.flag("sps_sub_layer_ordering_info_present_flag")
        for _ in 0...(everyLayer ? subLayers : 0) {
            _ = try reader.unsignedExpGolomb("sps_max_dec_pic_buffering_minus1")
            // The last layer's counts: everything is decoded.
            let depth = try reader.unsignedExpGolomb("sps_max_num_reorder_pics")
            if depth <= 16 { self.reorderDepth = depth }
            _ = try reader.unsignedExpGolomb("sps_max_latency_increase_plus1")
        }
        for _ in 0..<6 { _ = try reader.unsignedExpGolomb("coding block sizes") }
        if try reader.flag("scaling_list_enabled_flag"), try reader.flag("sps_scaling_list_data_present_flag") {
            try Self.skipScalingLists(&reader)
        }
        try reader.skip(1, "amp_enabled_flag")
        self.hasAdaptiveOffset = try reader.flag("sample_adaptive_offset_enabled_flag")
        if try reader.flag("pcm_enabled_flag") {
            try reader.skip(8, "pcm_sample_bit_depth")
            _ = try reader.unsignedExpGolomb("log2_min_pcm_luma_coding_block_size_minus3")
            _ = try reader.unsignedExpGolomb("log2_diff_max_min_pcm_luma_coding_block_size")
            try reader.skip(1, "pcm_loop_filter_disabled_flag")
        }
        try Self.skipReferencePictureSets(&reader)
        if try reader.flag("long_term_ref_pics_present_flag") {
            let count = try reader.unsignedExpGolomb("num_long_term_ref_pics_sps")
            guard count <= 32 else { throw reader.refusal(of: count, "num_long_term_ref_pics_sps") }
            try reader.skip(count * (orderBits + 1), "lt_ref_pic_poc_lsb_sps")
        }
        try reader.skip(2, "sps_temporal_mvp_enabled_flag")
        guard try reader.flag("vui_parameters_present_flag") else { return }
        try self.readUsability(&reader)
    }

    /// Section E.2.1.
    private mutating func readUsability(_ reader: inout BitReader) throws(CodecError) {
        self.colour = try ColourDescription.read(fromUsability: &reader)
        try reader.skip(3, "neutral_chroma_indication_flag")
        if try reader.flag("default_display_window_flag") { _ = try CropRectangle(&reader) }
        guard try reader.flag("vui_timing_info_present_flag") else { return }
        let unitsInTick = try reader.bits(32, "vui_num_units_in_tick")
        let timeScale = try reader.bits(32, "vui_time_scale")
        self.frameRate = FrameRate.plausible(Double(timeScale), per: Double(unitsInTick))
    }

    /// Section 7.3.4.
    private static func skipScalingLists(_ reader: inout BitReader) throws(CodecError) {
        for size in 0..<4 {
            for _ in stride(from: 0, to: 6, by: size == 3 ? 3 : 1) {
                guard try reader.flag("scaling_list_pred_mode_flag") else {
                    _ = try reader.unsignedExpGolomb("scaling_list_pred_matrix_id_delta")
                    continue
                }
                if size > 1 { _ = try reader.signedExpGolomb("scaling_list_dc_coef_minus8") }
                for _ in 0..<min(64, 1 << (4 + size * 2)) {
                    _ = try reader.signedExpGolomb("scaling_list_delta_coef")
                }
            }
        }
    }

    /// Section 7.3.7: a set may be coded as the difference to the one before it, so each one's size is kept.
    private static func skipReferencePictureSets(_ reader: inout BitReader) throws(CodecError) {
        let count = try reader.unsignedExpGolomb("num_short_term_ref_pic_sets")
        guard count <= 64 else { throw reader.refusal(of: count, "num_short_term_ref_pic_sets") }
        var pictures = 0
        for set in 0..<count {
            if set > 0, try reader.flag("inter_ref_pic_set_prediction_flag") {
                try reader.skip(1, "delta_rps_sign")
                _ = try reader.unsignedExpGolomb("abs_delta_rps_minus1")
                var kept = 0
                for _ in 0...pictures {
                    let used = try reader.flag("used_by_curr_pic_flag")
                    let delta = used ? true : try reader.flag("use_delta_flag")
                    if delta { kept += 1 }
                }
                pictures = kept
            } else {
                let before = try reader.unsignedExpGolomb("num_negative_pics")
                let after = try reader.unsignedExpGolomb("num_positive_pics")
                guard before <= 16, after <= 16 else { throw reader.refusal(of: max(before, after), "num_pics") }
                for _ in 0..<(before + after) {
                    _ = try reader.unsignedExpGolomb("delta_poc_minus1")
                    try reader.skip(1, "used_by_curr_pic_flag")
                }
                pictures = before + after
            }
        }
    }
}

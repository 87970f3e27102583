internal import NIOCore

/// What tells pictures apart in an H.264 picture parameter set (ITU-T H.264 section 7.3.2.2).
struct AVCPictureParameterSet: Hashable {
    var number: Int
    /// `seq_parameter_set_id`.
    var sequence: Int
    /// `bottom_field_pic_order_in_frame_present_flag`.
    var hasBottomOrder: Bool
    /// `redundant_pic_cnt_present_flag`.
    var hasRedundancy = false
    /// The quantiser that slices start from: 26 and `pic_init_qp_minus26`; nil where the set ends before it says.
    var quantiser: Int?

    /// Reads the NAL unit, its header included, emulation prevention bytes still in it.
    init(nalUnit: ByteBuffer) throws(CodecError) {
        var reader = BitReader(nalUnit.withoutEmulationPrevention(), of: "H.264 pic_parameter_set")
        try reader.skip(8, "nal_unit_header")
        self.number = try reader.unsignedExpGolomb("pic_parameter_set_id")
        guard self.number <= 255 else { throw reader.refusal(of: self.number, "pic_parameter_set_id") }
        self.sequence = try reader.unsignedExpGolomb("seq_parameter_set_id")
        guard self.sequence <= 31 else { throw reader.refusal(of: self.sequence, "seq_parameter_set_id") }
        try reader.skip(1, "entropy_coding_mode_flag")
        self.hasBottomOrder = try reader.flag("bottom_field_pic_order_in_frame_present_flag")
        // Pictures with slice groups have redundant slices behind more than is worth reading: nothing known sends them.
        guard try reader.unsignedExpGolomb("num_slice_groups_minus1") == 0 else { return }
        try? self.readRest(&reader)
    }

    private mutating func readRest(_ reader: inout BitReader) throws(CodecError) {
        _ = try reader.unsignedExpGolomb("num_ref_idx_l0_default_active_minus1")
        _ = try reader.unsignedExpGolomb("num_ref_idx_l1_default_active_minus1")
        try reader.skip(3, "weighted_pred_flag")
        let quantiser = try reader.signedExpGolomb("pic_init_qp_minus26") + 26
        for field in ["pic_init_qs_minus26", "chroma_qp_index_offset"] { _ = try reader.signedExpGolomb(field) }
        try reader.skip(2, "deblocking_filter_control_present_flag")
        self.hasRedundancy = try reader.flag("redundant_pic_cnt_present_flag")
        self.quantiser = quantiser
    }
}

internal import NIOCore

/// The beginning of an H.265 slice segment, as far as it tells pictures apart (ITU-T H.265 section 7.3.6.1).
struct HEVCSliceHeader: Hashable {
    /// `first_slice_segment_in_pic_flag`.
    var isFirst: Bool
    /// `slice_pic_order_cnt_lsb`, 0 in IDR pictures; nil where it is not known.
    var order: Int?
    var orderBits: Int?
    /// What the first slice of an IDR picture is quantised with at its start; nil of others, and where it is not known.
    var quantiser: Int?

    private static let length = 16

    /// - Parameters:
    ///   - unit: the NAL unit of a type below 32, or its beginning.
    ///   - sets: what it may refer to.
    /// Nil where nothing follows its header.
    init?(_ unit: ByteBuffer, _ sets: HEVCPictureSets) {
        guard let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self), unit.readableBytes > 2,
            let start = unit.getSlice(at: unit.readerIndex + 2, length: min(unit.readableBytes - 2, Self.length))
        else { return nil }
        var reader = BitReader(start.withoutEmulationPrevention(), of: "H.265 slice_segment_header")
        guard let isFirst = try? reader.flag("first_slice_segment_in_pic_flag") else { return nil }
        self.isFirst = isFirst
        // Only the first tells anything that the others do not.
        if isFirst { try? self.read(&reader, kind: header >> 1 & 0x3F, sets) }
    }

    private mutating func read(_ reader: inout BitReader, kind: UInt8, _ sets: HEVCPictureSets) throws(CodecError) {
        if (16...23).contains(kind) { try reader.skip(1, "no_output_of_prior_pics_flag") }
        let number = try reader.unsignedExpGolomb("slice_pic_parameter_set_id")
        guard let parameters = sets.pictures[number], let sequence = sets.sequences[parameters.sequence],
            let bits = sequence.pictureOrderBits
        else { return }
        self.orderBits = bits
        if kind == 19 || kind == 20 {
            self.order = 0
            self.quantiser = try? Self.quantiser(&reader, parameters, sequence)
            return
        }
        try reader.skip(parameters.extraBits, "slice_reserved_flag")
        _ = try reader.unsignedExpGolomb("slice_type")
        if parameters.hasOutputFlag { try reader.skip(1, "pic_output_flag") }
        if sequence.hasSeparatePlanes { try reader.skip(2, "colour_plane_id") }
        self.order = try reader.bits(bits, "slice_pic_order_cnt_lsb")
    }

    private static func quantiser(
        _ reader: inout BitReader,
        _ parameters: HEVCPictureSets.Picture,
        _ sequence: HEVCPictureSets.Sequence
    ) throws(CodecError) -> Int? {
        guard let start = parameters.quantiser, let hasOffset = sequence.hasAdaptiveOffset else { return nil }
        try reader.skip(parameters.extraBits, "slice_reserved_flag")
        // I is 2.
        guard try reader.unsignedExpGolomb("slice_type") == 2 else { return nil }
        if parameters.hasOutputFlag { try reader.skip(1, "pic_output_flag") }
        if sequence.hasSeparatePlanes { try reader.skip(2, "colour_plane_id") }
        if hasOffset { try reader.skip(sequence.hasColour ? 2 : 1, "slice_sao_luma_flag") }
        return start + (try reader.signedExpGolomb("slice_qp_delta"))
    }
}

/// The parameter sets that H.265 slices may refer to, read; at most as many as there are numbers.
struct HEVCPictureSets: Sendable {
    struct Sequence: Hashable, Sendable {
        var pictureOrderBits: Int?
        var hasSeparatePlanes: Bool
        /// Brightness and colours are coded together: ChromaArrayType is not 0.
        var hasColour: Bool
        var hasAdaptiveOffset: Bool?
    }

    /// Section 7.3.2.3.1.
    struct Picture: Hashable, Sendable {
        /// `pps_seq_parameter_set_id`.
        var sequence: Int
        /// `output_flag_present_flag`.
        var hasOutputFlag: Bool
        /// `num_extra_slice_header_bits`.
        var extraBits: Int
        /// The quantiser that slices start from: 26 and `init_qp_minus26`; nil where the set ends before it says.
        var quantiser: Int?
    }

    private(set) var sequences: [Int: Sequence] = [:]
    private(set) var pictures: [Int: Picture] = [:]

    /// Takes a NAL unit of type 33 or 34, its header included.
    mutating func note(_ unit: ByteBuffer) {
        guard let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self) else { return }
        switch header >> 1 & 0x3F {
        case 33:
            guard let set = try? HEVCSequenceParameterSet(nalUnit: unit), set.number <= 15 else { return }
            self.sequences[set.number] = Sequence(
                pictureOrderBits: set.pictureOrderBits,
                hasSeparatePlanes: set.hasSeparatePlanes,
                hasColour: set.chromaFormat != 0 && !set.hasSeparatePlanes,
                hasAdaptiveOffset: set.hasAdaptiveOffset
            )
        case 34:
            try? self.notePicture(unit)
        default:
            break
        }
    }

    private mutating func notePicture(_ unit: ByteBuffer) throws(CodecError) {
        var reader = BitReader(unit.withoutEmulationPrevention(), of: "H.265 pic_parameter_set")
        try reader.skip(16, "nal_unit_header")
        let number = try reader.unsignedExpGolomb("pps_pic_parameter_set_id")
        let sequence = try reader.unsignedExpGolomb("pps_seq_parameter_set_id")
        guard number <= 63, sequence <= 15 else { return }
        try reader.skip(1, "dependent_slice_segments_enabled_flag")
        var picture = Picture(
            sequence: sequence,
            hasOutputFlag: try reader.flag("output_flag_present_flag"),
            extraBits: try reader.bits(3, "num_extra_slice_header_bits")
        )
        picture.quantiser = try? Self.quantiser(&reader)
        self.pictures[number] = picture
    }

    private static func quantiser(_ reader: inout BitReader) throws(CodecError) -> Int {
        try reader.skip(2, "cabac_init_present_flag")
        _ = try reader.unsignedExpGolomb("num_ref_idx_l0_default_active_minus1")
        _ = try reader.unsignedExpGolomb("num_ref_idx_l1_default_active_minus1")
        return try reader.signedExpGolomb("init_qp_minus26") + 26
    }
}

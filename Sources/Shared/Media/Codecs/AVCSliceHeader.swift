internal import NIOCore

/// The beginning of an H.264 slice, as far as it tells pictures apart (ITU-T H.264 sections 7.3.3 and 7.4.1.2.4).
struct AVCSliceHeader: Hashable {
    enum Structure: Hashable { case frame, top, bottom }

    /// What all slices of a picture have in common, and the next picture's do not.
    struct Picture: Hashable {
        /// `pic_parameter_set_id`.
        var parameters: Int
        var frameNumber: Int
        var structure: Structure
        /// `nal_ref_idc` is not zero.
        var isReference: Bool
        /// `idr_pic_id`; nil unless it is an IDR picture.
        var instant: Int?
        /// `pic_order_cnt_lsb` and the differences to it, as far as the picture has them.
        var order = 0
        var deltas: [Int] = []
    }

    /// `first_mb_in_slice`.
    var firstMacroblock: Int
    /// Nil where the parameter sets are not known, or the beginning is too short.
    var picture: Picture?
    /// It repeats what another slice of the picture says: `redundant_pic_cnt` is not zero.
    var isRedundant = false
    /// Of the sequence parameter set that it refers to.
    var orderBits: Int?
    /// What an intra slice is quantised with at its first macroblock; nil of others, and where it is not known.
    var quantiser: Int?

    /// So much of a slice holds all that is read, emulation prevention included.
    private static let length = 40

    /// - Parameters:
    ///   - unit: the NAL unit of type 1, 2 or 5, or its beginning.
    ///   - sets: what it may refer to.
    /// Nil where not even the first macroblock is there.
    init?(_ unit: ByteBuffer, _ sets: AVCPictureSets) {
        guard let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self),
            let start = unit.getSlice(at: unit.readerIndex + 1, length: min(unit.readableBytes - 1, Self.length))
        else { return nil }
        var reader = BitReader(start.withoutEmulationPrevention(), of: "H.264 slice_header")
        guard let first = try? reader.unsignedExpGolomb("first_mb_in_slice") else { return nil }
        self.firstMacroblock = first
        try? self.read(&reader, header, sets)
    }

    private mutating func read(
        _ reader: inout BitReader,
        _ header: UInt8,
        _ sets: AVCPictureSets
    ) throws(CodecError) {
        let kind = try reader.unsignedExpGolomb("slice_type")
        let number = try reader.unsignedExpGolomb("pic_parameter_set_id")
        guard let parameters = sets.pictures[number], let sequence = sets.sequences[parameters.sequence] else { return }
        if sequence.hasSeparatePlanes { try reader.skip(2, "colour_plane_id") }
        var picture = Picture(
            parameters: number,
            frameNumber: try reader.bits(sequence.frameNumberBits, "frame_num"),
            structure: .frame,
            isReference: header & 0x60 != 0
        )
        if !sequence.hasFramesOnly, try reader.flag("field_pic_flag") {
            picture.structure = try reader.flag("bottom_field_flag") ? .bottom : .top
        }
        if header & 0x1F == 5 { picture.instant = try reader.unsignedExpGolomb("idr_pic_id") }
        let isFrame = picture.structure == .frame
        switch sequence.pictureOrder {
        case .counted(let bits):
            self.orderBits = bits
            picture.order = try reader.bits(bits, "pic_order_cnt_lsb")
            if parameters.hasBottomOrder, isFrame {
                picture.deltas = [try reader.signedExpGolomb("delta_pic_order_cnt_bottom")]
            }
        case .cycle(hasDeltas: true):
            picture.deltas = [try reader.signedExpGolomb("delta_pic_order_cnt[0]")]
            if parameters.hasBottomOrder, isFrame {
                picture.deltas.append(try reader.signedExpGolomb("delta_pic_order_cnt[1]"))
            }
        case .cycle(hasDeltas: false), .asDecoded:
            break
        }
        if parameters.hasRedundancy { self.isRedundant = try reader.unsignedExpGolomb("redundant_pic_cnt") > 0 }
        self.picture = picture
        // I, alone or of all slices: nothing of reference pictures stands before the quantiser (section 7.3.3).
        if kind == 2 || kind == 7 {
            self.quantiser = try? Self.quantiser(&reader, from: parameters.quantiser, of: picture)
        }
    }

    private static func quantiser(
        _ reader: inout BitReader,
        from start: Int?,
        of picture: Picture
    ) throws(CodecError) -> Int? {
        if picture.instant != nil {
            try reader.skip(2, "long_term_reference_flag")
        } else if picture.isReference, try reader.flag("adaptive_ref_pic_marking_mode_flag") {
            // How the pictures before it are marked, which keyframes hardly ever say.
            return nil
        }
        let delta = try reader.signedExpGolomb("slice_qp_delta")
        return start.map { $0 + delta }
    }
}

extension AVCSliceHeader.Picture {
    /// Whether both are of one picture by all that the comparison of section 7.4.1.2.4 looks at.
    ///
    /// Its parameter set is no part of it here: encoders that give slices of one picture several were seen, and a
    /// picture that differs in nothing else was not.
    func isSame(as other: Self) -> Bool {
        var mine = self
        mine.parameters = other.parameters
        return mine == other
    }

    /// Whether it is the other field of the frame whose first field was `first`.
    func completes(_ first: Self) -> Bool {
        guard self.structure != .frame, first.structure != .frame, self.structure != first.structure else {
            return false
        }
        // The second field of an IDR picture is none itself: section 7.4.1.2.4, nal_unit_type 5.
        return self.frameNumber == first.frameNumber && (self.instant == nil || first.instant != nil)
    }
}

/// The parameter sets that H.264 slices may refer to, read; at most as many as there are numbers.
struct AVCPictureSets: Sendable {
    private(set) var sequences: [Int: AVCSequenceParameterSet] = [:]
    private(set) var pictures: [Int: AVCPictureParameterSet] = [:]
    /// The units themselves, so that what encoders repeat before every keyframe is not read anew.
    private var raw: [ByteBuffer] = []

    private static let remembered = 8

    /// Takes a NAL unit of type 7 or 8, its header included.
    mutating func note(_ unit: ByteBuffer) {
        guard !self.raw.contains(unit) else { return }
        if self.raw.count >= Self.remembered { self.raw.removeAll(keepingCapacity: true) }
        guard unit.getInteger(at: unit.readerIndex, as: UInt8.self).map({ $0 & 0x1F }) == 7 else {
            guard let set = try? AVCPictureParameterSet(nalUnit: unit) else { return }
            self.pictures[set.number] = set
            self.raw.append(ByteBuffer(bytes: unit.readableBytesView))
            return
        }
        guard let set = try? AVCSequenceParameterSet(nalUnit: unit) else { return }
        // Another set of the same number is in force now: what was read of it before counts no more.
        if self.sequences[set.number] != set { self.raw.removeAll(keepingCapacity: true) }
        self.sequences[set.number] = set
        self.raw.append(ByteBuffer(bytes: unit.readableBytesView))
    }
}

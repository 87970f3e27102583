internal import NIOCore

/// Where H.264 and HEVC keep what identifies a parameter set, and how a record is made of them.
enum ParameterSetSyntax {
    case h264, hevc

    init?(_ codec: Codec) {
        switch codec {
        case .h264: self = .h264
        case .hevc: self = .hevc
        default: return nil
        }
    }

    /// ITU-T H.264 table 7-1, ITU-T H.265 table 7-1.
    func kind(of unit: ByteBuffer) -> ParameterSets.Kind? {
        guard let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self) else { return nil }
        switch (self, self == .h264 ? header & 0x1F : header >> 1 & 0x3F) {
        case (.h264, 7), (.hevc, 33): return .sequence
        case (.h264, 8), (.hevc, 34): return .picture
        case (.hevc, 32): return .video
        default: return nil
        }
    }

    /// Nil where the unit ends before its number.
    func number(of unit: ByteBuffer, _ kind: ParameterSets.Kind) -> Int? {
        let payload = unit.withoutEmulationPrevention()
        var reader = BitReader(payload, of: "parameter set")
        do throws(CodecError) {
            switch (self, kind) {
            case (.h264, .sequence):
                try reader.skip(32, "profile and level")
                return try reader.unsignedExpGolomb("seq_parameter_set_id")
            case (.h264, _):
                try reader.skip(8, "header")
                return try reader.unsignedExpGolomb("pic_parameter_set_id")
            case (.hevc, .video):
                try reader.skip(16, "header")
                return try reader.bits(4, "vps_video_parameter_set_id")
            case (.hevc, .sequence):
                // Behind a profile of variable length; a stream with two of them at once repeats its sets together.
                return try HEVCSequenceParameterSet(nalUnit: unit).number
            case (.hevc, .picture):
                try reader.skip(16, "header")
                return try reader.unsignedExpGolomb("pps_pic_parameter_set_id")
            }
        } catch {
            return nil
        }
    }

    func isComplete(_ sets: ParameterSets) -> Bool {
        !sets.sequence.isEmpty && !sets.picture.isEmpty && (self == .h264 || !sets.video.isEmpty)
    }

    func record(of sets: ParameterSets) throws(CodecError) -> ByteBuffer {
        self == .h264 ? try Self.avc(sets) : try Self.hevc(sets)
    }

    /// AVCDecoderConfigurationRecord: ISO/IEC 14496-15 section 5.3.3.1.2.
    private static func avc(_ sets: ParameterSets) throws(CodecError) -> ByteBuffer {
        let sequences = ParameterSets.inOrder(sets.sequence)
        let pictures = ParameterSets.inOrder(sets.picture)
        let first = try AVCSequenceParameterSet(nalUnit: sequences.first ?? ByteBuffer())
        var record = ByteBuffer()
        record.writeBytes([1, first.profile, first.constraints, first.level, 0xFF])
        record.writeInteger(0xE0 | UInt8(truncatingIfNeeded: sequences.count))
        for unit in sequences { record.writeParameterSet(unit) }
        record.writeInteger(UInt8(truncatingIfNeeded: pictures.count))
        for unit in pictures { record.writeParameterSet(unit) }
        if ![66, 77, 88].contains(first.profile) {
            record.writeInteger(0xFC | UInt8(truncatingIfNeeded: first.chromaFormat))
            record.writeInteger(0xF8 | UInt8(truncatingIfNeeded: first.lumaBitDepth - 8))
            record.writeInteger(0xF8 | UInt8(truncatingIfNeeded: first.chromaBitDepth - 8))
            record.writeInteger(0 as UInt8)
        }
        return record
    }

    /// HEVCDecoderConfigurationRecord: ISO/IEC 14496-15 section 8.3.3.1.2.
    private static func hevc(_ sets: ParameterSets) throws(CodecError) -> ByteBuffer {
        let sequences = ParameterSets.inOrder(sets.sequence)
        let first = try HEVCSequenceParameterSet(nalUnit: sequences.first ?? ByteBuffer())
        let tier = first.profileTierLevel
        var record = ByteBuffer()
        record.writeInteger(1 as UInt8)
        record.writeInteger(UInt8(tier.profileSpace & 3) << 6 | (tier.isHighTier ? 0x20 : 0) | UInt8(tier.profile & 31))
        record.writeInteger(tier.compatibility)
        record.writeInteger(UInt16(truncatingIfNeeded: tier.constraints >> 32))
        record.writeInteger(UInt32(truncatingIfNeeded: tier.constraints))
        record.writeInteger(UInt8(truncatingIfNeeded: tier.level))
        record.writeInteger(0xF000 as UInt16)
        record.writeInteger(0xFC as UInt8)
        record.writeInteger(0xFC | UInt8(truncatingIfNeeded: first.chromaFormat))
        record.writeInteger(0xF8 | UInt8(truncatingIfNeeded: first.lumaBitDepth - 8))
        record.writeInteger(0xF8 | UInt8(truncatingIfNeeded: first.chromaBitDepth - 8))
        record.writeInteger(0 as UInt16)
        let layers = UInt8(truncatingIfNeeded: first.subLayers) << 3 | (first.isTemporallyNested ? 4 : 0)
        record.writeInteger(layers | 3)
        record.writeInteger(3 as UInt8)
        for (kind, units) in [
            (32 as UInt8, ParameterSets.inOrder(sets.video)), (33, sequences),
            (34, ParameterSets.inOrder(sets.picture)),
        ] {
            record.writeInteger(0x80 | kind)
            record.writeInteger(UInt16(truncatingIfNeeded: units.count))
            for unit in units { record.writeParameterSet(unit) }
        }
        return record
    }
}

extension ByteBuffer {
    fileprivate mutating func writeParameterSet(_ unit: ByteBuffer) {
        self.writeInteger(UInt16(truncatingIfNeeded: unit.readableBytes))
        self.writeImmutableBuffer(unit)
    }
}

package import NIOCore

/// The body of `av1C`: AV1 in ISO BMFF section 2.3.3.
package struct AV1CodecConfiguration: Hashable, Sendable {
    package var profile: Int
    package var level: Int
    package var isHighTier: Bool
    package var bitDepth: Int
    package var isMonochrome: Bool
    package var hasHalfWidthChroma: Bool
    package var hasHalfHeightChroma: Bool
    package var chromaSamplePosition: Int

    /// The sequence header with its OBU header; records may go without, and then a key frame carries it.
    package var sequenceHeader: ByteBuffer?

    /// The sequence header, read.
    package var sequence: AV1SequenceHeader?

    package init(record: ByteBuffer) throws(CodecError) {
        var reader = BitReader(record, of: "AV1CodecConfigurationRecord")
        let version = try reader.bits(8, "marker and version")
        guard version == 0x81 else { throw reader.refusal(of: version, "marker and version") }
        self.profile = try reader.bits(3, "seq_profile")
        guard self.profile <= 2 else { throw reader.refusal(of: self.profile, "seq_profile") }
        self.level = try reader.bits(5, "seq_level_idx_0")
        self.isHighTier = try reader.flag("seq_tier_0")
        let isHigh = try reader.flag("high_bitdepth")
        let isTwelve = try reader.flag("twelve_bit")
        self.bitDepth = isTwelve ? 12 : isHigh ? 10 : 8
        self.isMonochrome = try reader.flag("monochrome")
        self.hasHalfWidthChroma = try reader.flag("chroma_subsampling_x")
        self.hasHalfHeightChroma = try reader.flag("chroma_subsampling_y")
        self.chromaSamplePosition = try reader.bits(2, "chroma_sample_position")
        try reader.skip(8, "initial_presentation_delay_minus_one")
        let start = reader.byteOffset
        let units = reader.rest()
        guard let unit = AV1TemporalUnit(units) else {
            throw CodecError(
                .truncated,
                structure: "AV1CodecConfigurationRecord",
                field: "configOBUs",
                offset: start
            )
        }
        self.sequenceHeader = unit.sequenceHeader
        if let header = unit.sequenceHeader { self.sequence = try Self.sequence(header) }
    }

    /// Makes the configuration from a key frame's sequence header, for a source that sent none.
    package init(sequenceHeader: ByteBuffer) throws(CodecError) {
        let sequence = try Self.sequence(sequenceHeader)
        self.profile = sequence.profile
        self.level = sequence.level
        self.isHighTier = sequence.isHighTier
        self.bitDepth = sequence.bitDepth
        self.isMonochrome = sequence.isMonochrome
        self.hasHalfWidthChroma = sequence.hasHalfWidthChroma
        self.hasHalfHeightChroma = sequence.hasHalfHeightChroma
        self.chromaSamplePosition = sequence.chromaSamplePosition
        self.sequenceHeader = sequenceHeader
        self.sequence = sequence
    }

    package var record: ByteBuffer {
        var record = ByteBuffer()
        record.writeInteger(UInt8(0x81))
        record.writeInteger(UInt8(truncatingIfNeeded: self.profile << 5 | self.level))
        var flags = UInt8(truncatingIfNeeded: self.chromaSamplePosition & 3)
        if self.isHighTier { flags |= 0x80 }
        if self.bitDepth > 8 { flags |= 0x40 }
        if self.bitDepth > 10 { flags |= 0x20 }
        if self.isMonochrome { flags |= 0x10 }
        if self.hasHalfWidthChroma { flags |= 0x08 }
        if self.hasHalfHeightChroma { flags |= 0x04 }
        record.writeInteger(flags)
        record.writeInteger(UInt8(0))
        if let header = self.sequenceHeader { record.writeImmutableBuffer(header) }
        return record
    }

    /// AV1 in ISO BMFF section 5: `av01.P.LLT.DD`.
    package var codecString: String {
        let level = self.level < 10 ? "0\(self.level)" : "\(self.level)"
        let depth = self.bitDepth < 10 ? "0\(self.bitDepth)" : "\(self.bitDepth)"
        return "av01.\(self.profile).\(level)\(self.isHighTier ? "H" : "M").\(depth)"
    }

    private static func sequence(_ unit: ByteBuffer) throws(CodecError) -> AV1SequenceHeader {
        var units = AV1OBUs(unit)
        guard let first = units.next(), first.kind == 1,
            let payload = unit.getSlice(at: first.payload.lowerBound, length: first.payload.count)
        else {
            throw CodecError(.truncated, structure: "AV1 sequence_header_obu", field: "obu_header", offset: 0)
        }
        return try AV1SequenceHeader(payload: payload)
    }
}

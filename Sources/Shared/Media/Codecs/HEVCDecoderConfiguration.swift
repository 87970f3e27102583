package import NIOCore

/// The body of `hvcC`: ISO/IEC 14496-15 section 8.3.3.1.2.
package struct HEVCDecoderConfiguration: Hashable, Sendable {
    package var profileTierLevel: HEVCProfileTierLevel

    /// Bytes in the length before each NAL unit: 1, 2 or 4.
    package var nalLengthSize: Int

    /// NAL units with their headers, in the record's order; in a live record often all that is needed to decode.
    package var parameterSets: [ParameterSet]

    /// The first sequence parameter set, read.
    package var sequence: HEVCSequenceParameterSet

    package struct ParameterSet: Hashable, Sendable {
        /// `NAL_unit_type`: 32 VPS, 33 SPS, 34 PPS, 39 and 40 SEI.
        package var kind: UInt8
        package var nalUnit: ByteBuffer
    }

    package init(record: ByteBuffer) throws(CodecError) {
        var reader = BitReader(record, of: "HEVCDecoderConfigurationRecord")
        let version = try reader.bits(8, "configurationVersion")
        // Encoders from before the standard was final wrote 0.
        guard version <= 1 else { throw reader.refusal(of: version, "configurationVersion") }
        self.profileTierLevel = try HEVCProfileTierLevel(general: &reader)
        try reader.skip(16, "min_spatial_segmentation_idc")
        try reader.skip(8, "parallelismType")
        try reader.skip(8, "chromaFormat")
        try reader.skip(8, "bitDepthLumaMinus8")
        try reader.skip(8, "bitDepthChromaMinus8")
        let averageFrameRate = try reader.bits(16, "avgFrameRate")
        self.nalLengthSize = (try reader.bits(8, "lengthSizeMinusOne") & 3) + 1
        guard self.nalLengthSize != 3 else { throw reader.refusal(of: 2, "lengthSizeMinusOne") }

        self.parameterSets = []
        for _ in 0..<(try reader.bits(8, "numOfArrays")) {
            let kind = UInt8(try reader.bits(8, "NAL_unit_type") & 0x3F)
            for _ in 0..<(try reader.bits(16, "numNalus")) {
                let length = try reader.bits(16, "nalUnitLength")
                self.parameterSets.append(ParameterSet(kind: kind, nalUnit: try reader.slice(length, "nalUnit")))
            }
        }
        guard let first = self.parameterSets.first(where: { $0.kind == 33 }) else {
            throw reader.refusal(of: self.parameterSets.count, "numOfArrays without a sequence parameter set")
        }
        self.sequence = try HEVCSequenceParameterSet(nalUnit: first.nalUnit)
        if self.sequence.frameRate == nil {
            self.sequence.frameRate = FrameRate.plausible(Double(averageFrameRate), per: 256)
        }
    }

    /// ISO/IEC 14496-15 section E.3.
    package var codecString: String { "hvc1." + self.profileTierLevel.codecString }
}

/// The general part of `profile_tier_level()`: ITU-T H.265 section 7.3.3.
package struct HEVCProfileTierLevel: Hashable, Sendable {
    /// 0 to 3.
    package var profileSpace: Int
    package var isHighTier: Bool
    /// 1 Main, 2 Main 10, …
    package var profile: Int
    /// `general_profile_compatibility_flag[0]` is the most significant bit.
    package var compatibility: UInt32
    /// The 48 bits from `general_progressive_source_flag` on.
    package var constraints: UInt64
    /// Thirty times the level.
    package var level: Int

    init(general reader: inout BitReader) throws(CodecError) {
        self.profileSpace = try reader.bits(2, "general_profile_space")
        self.isHighTier = try reader.flag("general_tier_flag")
        self.profile = try reader.bits(5, "general_profile_idc")
        self.compatibility = UInt32(try reader.bits(32, "general_profile_compatibility_flags"))
        let high = UInt64(try reader.bits(16, "general_constraint_indicator_flags"))
        let low = UInt64(try reader.bits(32, "general_constraint_indicator_flags"))
        self.constraints = high << 32 | low
        self.level = try reader.bits(8, "general_level_idc")
    }

    /// What follows `hvc1.`: ISO/IEC 14496-15 section E.3.
    package var codecString: String {
        let space = ["", "A", "B", "C"][self.profileSpace & 3]
        var reversed: UInt32 = 0
        for bit in 0..<32 where self.compatibility >> UInt32(bit) & 1 == 1 { reversed |= 1 << UInt32(31 - bit) }
        var string = "\(space)\(self.profile).\(String(reversed, radix: 16, uppercase: true))"
        string += ".\(self.isHighTier ? "H" : "L")\(self.level)"
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: self.constraints >> UInt64(40 - 8 * $0)) }
        while bytes.last == 0 { bytes.removeLast() }
        for byte in bytes { string += "." + String(byte, radix: 16, uppercase: true) }
        return string
    }
}

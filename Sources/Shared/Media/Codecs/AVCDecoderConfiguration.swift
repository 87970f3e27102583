import Encodings
package import NIOCore

/// The body of `avcC`: ISO/IEC 14496-15 section 5.3.3.1.2.
package struct AVCDecoderConfiguration: Hashable, Sendable {
    package var profile: UInt8
    package var constraints: UInt8
    package var level: UInt8

    /// Bytes in the length before each NAL unit: 1, 2 or 4.
    package var nalLengthSize: Int

    /// NAL units with their headers.
    package var sequenceParameterSets: [ByteBuffer]
    package var pictureParameterSets: [ByteBuffer]

    /// The first sequence parameter set, read.
    package var sequence: AVCSequenceParameterSet

    package init(record: ByteBuffer) throws(CodecError) {
        var reader = BitReader(record, of: "AVCDecoderConfigurationRecord")
        let version = try reader.bits(8, "configurationVersion")
        guard version == 1 else { throw reader.refusal(of: version, "configurationVersion") }
        self.profile = UInt8(try reader.bits(8, "AVCProfileIndication"))
        self.constraints = UInt8(try reader.bits(8, "profile_compatibility"))
        self.level = UInt8(try reader.bits(8, "AVCLevelIndication"))
        // The reserved bits before it are ones by the standard and zeros from some cameras.
        self.nalLengthSize = (try reader.bits(8, "lengthSizeMinusOne") & 3) + 1
        guard self.nalLengthSize != 3 else { throw reader.refusal(of: 2, "lengthSizeMinusOne") }

        let sequenceCount = try reader.bits(8, "numOfSequenceParameterSets") & 0x1F
        self.sequenceParameterSets = try Self.units(
            &reader,
            sequenceCount,
            "sequenceParameterSetLength",
            "sequenceParameterSetNALUnit"
        )
        guard let first = self.sequenceParameterSets.first else {
            throw reader.refusal(of: 0, "numOfSequenceParameterSets")
        }
        let pictureCount = try reader.bits(8, "numOfPictureParameterSets")
        self.pictureParameterSets = try Self.units(
            &reader,
            pictureCount,
            "pictureParameterSetLength",
            "pictureParameterSetNALUnit"
        )
        self.sequence = try AVCSequenceParameterSet(nalUnit: first)
    }

    /// RFC 6381 section 3.3.
    package var codecString: String {
        "avc1." + Hexadecimal.encode([self.profile, self.constraints, self.level])
    }

    private static func units(
        _ reader: inout BitReader,
        _ count: Int,
        _ lengthField: String,
        _ field: String
    ) throws(CodecError) -> [ByteBuffer] {
        var units: [ByteBuffer] = []
        for _ in 0..<count {
            let length = try reader.bits(16, lengthField)
            units.append(try reader.slice(length, field))
        }
        return units
    }
}

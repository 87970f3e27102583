package import NIOCore

/// `VPCodecConfigurationRecord` of VP8 and VP9: VP Codec ISO Media File Format Binding section 2.2.
package struct VPCodecConfiguration: Hashable, Sendable {
    package var profile: Int
    /// Ten times the level; 0 where not known.
    package var level: Int
    package var bitDepth: Int
    /// 0 and 1 are 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
    package var chromaSubsampling: Int
    package var isFullRange: Bool
    /// As in ISO/IEC 23091-2; 2 where not known.
    package var colourPrimaries = 2
    package var transferCharacteristics = 2
    package var matrixCoefficients = 2

    package init(record: ByteBuffer) throws(CodecError) {
        // ffmpeg and the Enhanced RTMP lab send the whole body of the box, version 1 and flags first, others the bare
        // record. They cannot be mistaken: a record that begins so would have a bit depth of zero.
        var fields = record
        if fields.readableBytes >= 12,
            fields.getInteger(at: fields.readerIndex, as: UInt32.self) == Self.versionAndFlags
        {
            fields.moveReaderIndex(forwardBy: 4)
        }
        var reader = BitReader(fields, of: "VPCodecConfigurationRecord")
        self.profile = try reader.bits(8, "profile")
        guard self.profile <= 3 else { throw reader.refusal(of: self.profile, "profile") }
        self.level = try reader.bits(8, "level")
        self.bitDepth = try reader.bits(4, "bitDepth")
        guard [8, 10, 12].contains(self.bitDepth) else { throw reader.refusal(of: self.bitDepth, "bitDepth") }
        self.chromaSubsampling = try reader.bits(3, "chromaSubsampling")
        self.isFullRange = try reader.flag("videoFullRangeFlag")
        self.colourPrimaries = try reader.bits(8, "colourPrimaries")
        self.transferCharacteristics = try reader.bits(8, "transferCharacteristics")
        self.matrixCoefficients = try reader.bits(8, "matrixCoefficients")
        // codecIntializationDataSize is 0 for both codings, and some writers leave it out.
    }

    /// Makes the configuration from a key frame, for a source that sent none.
    package init(keyframe: VP9FrameHeader.Keyframe) {
        self.profile = keyframe.profile
        self.bitDepth = keyframe.bitDepth
        self.chromaSubsampling = keyframe.chromaSubsampling
        self.isFullRange = keyframe.isFullRange
        self.level = Self.level(width: keyframe.width, height: keyframe.height)
        (self.colourPrimaries, self.transferCharacteristics, self.matrixCoefficients) = keyframe.colour
    }

    private static let versionAndFlags: UInt32 = 0x0100_0000

    /// VP8 has one form only.
    package static let vp8 = VPCodecConfiguration()

    private init() {
        self.profile = 0
        self.level = 0
        self.bitDepth = 8
        self.chromaSubsampling = 0
        self.isFullRange = false
    }

    /// The whole body of `vpcC`, version and flags first.
    package var record: ByteBuffer {
        var record = ByteBuffer()
        record.writeInteger(Self.versionAndFlags)
        record.writeInteger(UInt8(truncatingIfNeeded: self.profile))
        record.writeInteger(UInt8(truncatingIfNeeded: self.level))
        record.writeInteger(
            UInt8(
                truncatingIfNeeded: self.bitDepth << 4 | (self.chromaSubsampling & 7) << 1 | (self.isFullRange ? 1 : 0)
            )
        )
        record.writeInteger(UInt8(truncatingIfNeeded: self.colourPrimaries))
        record.writeInteger(UInt8(truncatingIfNeeded: self.transferCharacteristics))
        record.writeInteger(UInt8(truncatingIfNeeded: self.matrixCoefficients))
        record.writeInteger(UInt16(0))
        return record
    }

    /// What follows `vp09.` or `vp08.`: VP Codec ISO Media File Format Binding section 2.5.
    package var codecString: String {
        [self.profile, self.level, self.bitDepth].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ".")
    }

    /// The lowest level that allows pictures of the size, sixty a second.
    private static func level(width: Int, height: Int) -> Int {
        let size = width * height
        return Self.levels.first { size <= $0.size && size * 60 <= $0.rate }?.level ?? 62
    }

    /// VP9 Levels: luma samples in a picture and in a second.
    private static let levels: [(level: Int, size: Int, rate: Int)] = [
        (10, 36_864, 829_440), (11, 73_728, 2_764_800), (20, 122_880, 4_608_000), (21, 245_760, 9_216_000),
        (30, 552_960, 20_736_000), (31, 983_040, 36_864_000), (40, 2_228_224, 83_558_400),
        (41, 2_228_224, 160_432_128), (50, 8_912_896, 311_951_360), (51, 8_912_896, 588_251_136),
        (52, 8_912_896, 1_176_502_272), (60, 35_651_584, 1_176_502_272), (61, 35_651_584, 2_353_004_544),
        (62, 35_651_584, 4_706_009_088),
    ]
}

import Media
import NIOCore
import Testing

struct VideoConfigurationTests {
    struct Example: Sendable {
        var codec: Codec
        var record: ByteBuffer
        var width: Int
        var height: Int
        var codecString: String
        var frameRate: Double?
    }

    @Test(arguments: [
        Example(
            codec: .h264,
            record: Records.avc,
            width: 1920,
            height: 1080,
            codecString: "avc1.640028",
            frameRate: 30000 / 1001
        ),
        Example(
            codec: .h264,
            record: Records.avcInterlaced,
            width: 1920,
            height: 1080,
            codecString: "avc1.640028",
            frameRate: 25
        ),
        Example(
            codec: .h264,
            record: Records.avcOdd,
            width: 638,
            height: 362,
            codecString: "avc1.7a001f",
            frameRate: 50
        ),
        Example(
            codec: .hevc,
            record: Records.hevc,
            width: 1920,
            height: 1080,
            codecString: "hvc1.1.6.L123.90",
            frameRate: 50
        ),
        Example(
            codec: .hevc,
            record: Records.hevcTen,
            width: 1280,
            height: 718,
            codecString: "hvc1.2.4.L93.90",
            frameRate: 24000 / 1001
        ),
        Example(
            codec: .av1,
            record: Records.av1,
            width: 1920,
            height: 1080,
            codecString: "av01.0.08M.10",
            frameRate: nil
        ),
        Example(codec: .vp9, record: Records.vp9, width: 0, height: 0, codecString: "vp09.02.21.10", frameRate: nil),
    ])
    func `A record tells picture size, rate and codec string`(example: Example) throws {
        let configuration = try CodecConfiguration(record: example.record, of: example.codec)
        #expect(configuration.width == example.width)
        #expect(configuration.height == example.height)
        #expect(configuration.codecString == example.codecString)
        switch (configuration.frameRate, example.frameRate) {
        case (let rate?, let wanted?): #expect(abs(rate - wanted) < 0.001)
        case (let rate, let wanted): #expect(rate == wanted)
        }
        #expect(configuration.record == example.record)
    }

    @Test func `avcC gives its parts`() throws {
        let configuration = try AVCDecoderConfiguration(record: Records.avcOdd)
        #expect(configuration.nalLengthSize == 4)
        #expect(configuration.sequenceParameterSets.map(\.readableBytes) == [27])
        #expect(configuration.pictureParameterSets.map(\.readableBytes) == [6])
        #expect(configuration.sequence.chromaFormat == 2)
        #expect(configuration.sequence.lumaBitDepth == 10)
    }

    @Test func `hvcC gives its parts`() throws {
        let configuration = try HEVCDecoderConfiguration(record: Records.hevcTen)
        #expect(configuration.nalLengthSize == 4)
        #expect(configuration.parameterSets.map(\.kind) == [32, 33, 34])
        #expect(configuration.sequence.lumaBitDepth == 10)
        #expect(configuration.profileTierLevel.profile == 2)
    }

    @Test func `An av1C made from a sequence header equals the encoder's`() throws {
        let read = try AV1CodecConfiguration(record: Records.av1)
        let made = try AV1CodecConfiguration(sequenceHeader: try #require(read.sequenceHeader))
        #expect(made == read)
        #expect(made.record == Records.av1)
    }

    @Test func `VP9 records are taken with and without a box's version`() throws {
        let bare = try #require(Records.vp9.getSlice(at: 4, length: 8))
        #expect(try CodecConfiguration(record: bare, of: .vp9).record == Records.vp9)
    }

    @Test func `An error says where it is`() {
        let short = Records.avc.getSlice(at: 0, length: 20) ?? ByteBuffer()
        #expect(
            throws: CodecError(
                .truncated,
                structure: "AVCDecoderConfigurationRecord",
                field: "sequenceParameterSetNALUnit",
                offset: 8
            )
        ) {
            _ = try AVCDecoderConfiguration(record: short)
        }
        var wrong = Records.avc
        wrong.setInteger(UInt8(2), at: 0)
        #expect(
            throws: CodecError(
                .value(2),
                structure: "AVCDecoderConfigurationRecord",
                field: "configurationVersion",
                offset: 0
            )
        ) {
            _ = try AVCDecoderConfiguration(record: wrong)
        }
    }

    @Test func `An avcC without a sequence parameter set is refused`() {
        #expect(throws: CodecError.self) { _ = try AVCDecoderConfiguration(record: ByteBuffer(hex: "0164001fffe000")) }
    }
}

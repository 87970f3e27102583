import Media
import NIOCore
import Testing

/// Fields that hold what their specifications forbid, each in a header that is well but for it.
struct RefusedFieldsTests {
    /// The name of the field that is refused.
    private static func refusal(_ read: () throws -> Void) -> String? {
        do {
            try read()
            return nil
        } catch {
            return (error as? CodecError)?.field
        }
    }

    @Test(arguments: [
        ("fff8 19b8 00", "channel assignment"), ("fff8 1916 00", "bit depth"), ("fff8 0918 00", "block size"),
        ("fff8 1f18 00", "sample rate"), ("fff8 1018 00", "sample rate"), ("fff8 1c18 00 00", "sample rate"),
    ])
    func flacFrames(hex: String, field: String) {
        #expect(Self.refusal { _ = try FLACFrameHeader(ByteBuffer(hex: hex)) } == field)
    }

    @Test func flacWithoutARate() {
        let record = ByteBuffer(repeating: 0, count: 34)
        #expect(Self.refusal { _ = try CodecConfiguration(record: record, of: .flac) } == "sample rate")
    }

    @Test func enhancedAC3WithoutARate() {
        // Both rate codes are 3, which is reserved.
        #expect(Self.refusal { _ = try AC3FrameHeader(ByteBuffer(hex: "0b77 007f f080 0000")) } == "fscod2")
    }

    @Test(arguments: [("000000 9d012a 0000 0040", "width"), ("000000 9d012a 4000 00c0", "height")])
    func vp8WithoutASide(hex: String, field: String) {
        #expect(Self.refusal { _ = try CodecConfiguration(accessUnit: ByteBuffer(hex: hex), of: .vp8) } == field)
    }

    @Test func aacWhoseProgramHasNoChannels() {
        let record = ByteBuffer(hex: "1180 0000000000 00")
        #expect(Self.refusal { _ = try AudioSpecificConfig(record: record) } == "program_config_element channels")
    }

    @Test func h264WithTooLongACycle() {
        // num_ref_frames_in_pic_order_cnt_cycle = 256; 255 is the most (ITU-T H.264 section 7.4.2.1.1).
        let unit = ByteBuffer(hex: "6742001e d3008080")
        let field = Self.refusal { _ = try AVCSequenceParameterSet(nalUnit: unit) }
        #expect(field == "num_ref_frames_in_pic_order_cnt_cycle")
    }

    /// What is to be a sequence header is another unit, nothing, or one whose length is wrong.
    @Test(arguments: ["", "3200", "0a", "120a 01"])
    func av1WithoutASequenceHeader(hex: String) {
        let field = Self.refusal { _ = try AV1CodecConfiguration(sequenceHeader: ByteBuffer(hex: hex)) }
        #expect(field == "obu_header")
    }
}

import Media
import NIOCore
import Testing

@Suite struct CodedPictureTests {
    @Test func aPictureSaysByItselfWhetherADecoderCanStartWithIt() throws {
        let key = try CodedPicture(ByteBuffer(hex: "10 02 00 9D 01 2A 40 01 F0 00"), of: .vp8)
        #expect(key.isKeyframe)
        #expect(try !CodedPicture(ByteBuffer(hex: "11 02 00"), of: .vp8).isKeyframe)
        // A temporal delimiter goes, and what is left is a frame that is no key frame.
        let unit = try CodedPicture(ByteBuffer(hex: "12 00 32 02 30 00"), of: .av1)
        #expect(!unit.isKeyframe)
        #expect(unit.payload == ByteBuffer(hex: "32 02 30 00"))
        #expect(try CodedPicture(ByteBuffer(hex: "32 02 10 00"), of: .av1).isKeyframe)
    }

    @Test(arguments: [Codec.av1, .vp8, .vp9])
    func whatEndsTooEarlyIsRefused(codec: Codec) {
        #expect(throws: CodecError.self) {
            try CodedPicture(ByteBuffer(hex: codec == .av1 ? "32 7F 10" : ""), of: codec)
        }
    }

    @Test(arguments: [Codec.h264, .aac])
    func codingsWhosePicturesDoNotTellAreRefused(codec: Codec) {
        #expect(throws: CodecError.self) { try CodedPicture(ByteBuffer(hex: "00 00"), of: codec) }
    }
}

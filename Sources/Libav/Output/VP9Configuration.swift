internal import CLibav
internal import NIOCore

/// The body of `vpcC` (VP Codec ISO Media File Format Binding section 2.2), which libav does not take as extradata: it
/// writes the box from codec parameters.
struct VP9Configuration {
    private let profile: UInt8
    private let level: UInt8
    private let bitDepth: UInt8
    private let subsampling: UInt8
    private let fullRange: Bool
    private let primaries: UInt8
    private let transfer: UInt8
    private let matrix: UInt8

    /// Nil where the record is too short: libav then writes profile 0, 8 bits, 4:2:0.
    init?(_ record: ByteBuffer) {
        var record = record
        // Enhanced RTMP peers send the box's version and flags along.
        if record.readableBytes >= 12, record.getInteger(at: record.readerIndex, as: UInt32.self) == 0x0100_0000 {
            record.moveReaderIndex(forwardBy: 4)
        }
        guard
            let (profile, level, packed, primaries, transfer, matrix) = record.readMultipleIntegers(
                as: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8).self
            )
        else { return nil }
        self.profile = profile
        self.level = level
        self.bitDepth = packed >> 4
        self.subsampling = packed >> 1 & 7
        self.fullRange = packed & 1 == 1
        self.primaries = primaries
        self.transfer = transfer
        self.matrix = matrix
    }

    private var pixelFormat: AVPixelFormat {
        switch (self.subsampling, self.bitDepth) {
        case (0...1, 10): AV_PIX_FMT_YUV420P10LE
        case (0...1, 12): AV_PIX_FMT_YUV420P12LE
        case (2, 10): AV_PIX_FMT_YUV422P10LE
        case (2, 12): AV_PIX_FMT_YUV422P12LE
        case (2, _): AV_PIX_FMT_YUV422P
        case (3, 10): AV_PIX_FMT_YUV444P10LE
        case (3, 12): AV_PIX_FMT_YUV444P12LE
        case (3, _): AV_PIX_FMT_YUV444P
        default: AV_PIX_FMT_YUV420P
        }
    }

    func fill(_ raw: UnsafeMutablePointer<AVCodecParameters>) {
        unsafe raw.pointee.profile = Int32(self.profile)
        if self.level > 0 { unsafe raw.pointee.level = Int32(self.level) }
        unsafe raw.pointee.format = self.pixelFormat.rawValue
        unsafe raw.pointee.chroma_location = self.subsampling == 0 ? AVCHROMA_LOC_LEFT : AVCHROMA_LOC_TOPLEFT
        unsafe raw.pointee.color_range = self.fullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
        unsafe raw.pointee.color_primaries = AVColorPrimaries(rawValue: UInt32(self.primaries))
        unsafe raw.pointee.color_trc = AVColorTransferCharacteristic(rawValue: UInt32(self.transfer))
        unsafe raw.pointee.color_space = AVColorSpace(rawValue: UInt32(self.matrix))
    }
}

internal import CLibav
internal import Media

extension VPCodecConfiguration {
    /// libav takes no `vpcC` as extradata: it writes the box from codec parameters.
    func fill(_ raw: UnsafeMutablePointer<AVCodecParameters>) {
        unsafe raw.pointee.profile = Int32(self.profile)
        if self.level > 0 { unsafe raw.pointee.level = Int32(self.level) }
        unsafe raw.pointee.format = self.pixelFormat.rawValue
        unsafe raw.pointee.chroma_location = self.chromaSubsampling == 0 ? AVCHROMA_LOC_LEFT : AVCHROMA_LOC_TOPLEFT
        unsafe raw.pointee.color_range = self.isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
        unsafe raw.pointee.color_primaries = AVColorPrimaries(rawValue: UInt32(self.colourPrimaries))
        unsafe raw.pointee.color_trc = AVColorTransferCharacteristic(rawValue: UInt32(self.transferCharacteristics))
        unsafe raw.pointee.color_space = AVColorSpace(rawValue: UInt32(self.matrixCoefficients))
    }

    private var pixelFormat: AVPixelFormat {
        switch (self.chromaSubsampling, self.bitDepth) {
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
}

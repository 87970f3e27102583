package import NIOCore

/// A picture of a coding whose frames say what they are by themselves: AV1, VP9 and VP8.
///
/// What a container or a protocol says beside a picture about starting there is wrong from some encoders, so that the
/// picture itself is asked. Pictures of H.264 and H.265 are asked by ``NALSampleMaker``.
package struct CodedPicture: Sendable {
    /// As ISO BMFF stores it.
    package let payload: ByteBuffer

    /// Whether a decoder can start with it.
    package let isKeyframe: Bool

    package init(_ bytes: ByteBuffer, of codec: Codec) throws(CodecError) {
        switch codec {
        case .av1:
            guard let unit = AV1TemporalUnit(bytes) else {
                throw CodecError(.truncated, structure: "AV1 temporal_unit", field: "obu_size", offset: 0)
            }
            (self.payload, self.isKeyframe) = (unit.sample, unit.isKeyframe)
        case .vp9: (self.payload, self.isKeyframe) = (bytes, try VP9FrameHeader(bytes).keyframe != nil)
        case .vp8: (self.payload, self.isKeyframe) = (bytes, try VP8FrameHeader(bytes).isKeyframe)
        case .h264, .hevc, .aac, .mp3, .mp2, .opus, .ac3, .eac3, .flac, .pcmu, .pcma, .l16:
            // Nobody asks for them: what is not known is refused all the same.
            throw CodecError(.truncated, structure: "picture of \(codec)", field: "header", offset: 0)
        }
    }
}

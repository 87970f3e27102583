package import NIOCore

extension CodecConfiguration {
    /// Reads a decoder configuration record as it came from a source, and fills in what it tells.
    ///
    /// The record is copied, so that a few bytes do not keep a whole message alive, and brought to the form that
    /// ``CodecConfiguration/record`` names. VP8 and VP9 records tell no picture size, and an AV1 record may not: see
    /// ``init(accessUnit:of:)``. MP3, AC-3, G.711 and L16 have no record; what is given for them is ignored.
    package init(record: ByteBuffer, of codec: Codec) throws(CodecError) {
        self.init(codec: codec, record: ByteBuffer(bytes: record.readableBytesView))
        switch codec {
        case .h264:
            let sequence = try AVCDecoderConfiguration(record: record).sequence
            (self.width, self.height) = (sequence.width, sequence.height)
        case .hevc:
            let sequence = try HEVCDecoderConfiguration(record: record).sequence
            (self.width, self.height) = (sequence.width, sequence.height)
        case .av1:
            let sequence = try AV1CodecConfiguration(record: record).sequence
            (self.width, self.height) = (sequence?.width ?? 0, sequence?.height ?? 0)
        case .vp9, .vp8:
            self.record = try VPCodecConfiguration(record: record).record
        case .aac:
            let configuration = try AudioSpecificConfig(record: record)
            if let plain = configuration.plainRecord { self.record = plain }
            (self.sampleRate, self.channels) = (configuration.sampleRate, configuration.channels)
        case .opus:
            (self.sampleRate, self.channels) = (OpusHead.sampleRate, try OpusHead(record: record).channels)
        case .flac:
            let info = try FLACStreamInfo(record: record)
            self.record = info.record
            (self.sampleRate, self.channels) = (info.sampleRate, info.channels)
        case .mp3, .mp2, .ac3, .eac3:
            self.record = ByteBuffer()
        case .pcmu, .pcma, .l16:
            self = CodecConfiguration(pcm: codec)
        }
    }

    /// The configuration of G.711 and L16, which have no record: rate and channels are agreed on beside them.
    package init(pcm codec: Codec, sampleRate: Int = 8000, channels: Int = 1) {
        self.init(codec: codec, record: ByteBuffer())
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// Makes a configuration from an access unit, for codings whose access units tell enough: AV1, VP8 and VP9 key
    /// frames, and any MP3, AC-3, E-AC-3, Opus or FLAC frame.
    ///
    /// Nil when the access unit is none to start from, or when the coding cannot do without a record.
    package init?(accessUnit: ByteBuffer, of codec: Codec) throws(CodecError) {
        self.init(codec: codec, record: ByteBuffer())
        switch codec {
        case .h264, .hevc, .aac, .pcmu, .pcma, .l16:
            return nil
        case .av1:
            guard let header = AV1TemporalUnit(accessUnit)?.sequenceHeader else { return nil }
            let configuration = try AV1CodecConfiguration(sequenceHeader: header)
            self.record = configuration.record
            (self.width, self.height) = (configuration.sequence?.width ?? 0, configuration.sequence?.height ?? 0)
        case .vp9:
            guard let keyframe = try VP9FrameHeader(accessUnit).keyframe else { return nil }
            self.record = VPCodecConfiguration(keyframe: keyframe).record
            (self.width, self.height) = (keyframe.width, keyframe.height)
        case .vp8:
            let header = try VP8FrameHeader(accessUnit)
            guard header.isKeyframe else { return nil }
            self.record = VPCodecConfiguration.vp8.record
            (self.width, self.height) = (header.width, header.height)
        case .mp3, .mp2:
            let header = try MPEGAudioFrameHeader(accessUnit)
            guard header.codec == codec else {
                throw CodecError(.value(header.layer), structure: "MPEG audio header", field: "layer", offset: 1)
            }
            (self.sampleRate, self.channels) = (header.sampleRate, header.channels)
        case .ac3, .eac3:
            let header = try AC3FrameHeader(accessUnit)
            guard header.isEnhanced == (codec == .eac3) else {
                throw CodecError(
                    .value(header.bitstream),
                    structure: "AC-3 syncframe",
                    field: "bsid",
                    offset: 5
                )
            }
            (self.sampleRate, self.channels) = (header.sampleRate, header.channels)
        case .opus:
            // The table-of-contents byte tells mono from stereo: RFC 6716 section 3.1.
            guard let contents = accessUnit.getInteger(at: accessUnit.readerIndex, as: UInt8.self),
                let head = OpusHead(channels: contents & 0x04 == 0 ? 1 : 2)
            else { return nil }
            self.record = head.record
            (self.sampleRate, self.channels) = (OpusHead.sampleRate, head.channels)
        case .flac:
            let info = FLACStreamInfo(frame: try FLACFrameHeader(accessUnit))
            self.record = info.record
            (self.sampleRate, self.channels) = (info.sampleRate, info.channels)
        }
    }
}

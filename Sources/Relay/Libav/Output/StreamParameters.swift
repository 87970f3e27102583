internal import CLibav
internal import Media
internal import NIOCore

/// What a muxer must know of a track, taken from its configuration and checked before libav sees it.
struct StreamParameters {
    let track: TrackID
    let codec: Codec
    let sampleRate: Int
    let channels: Int
    let width: Int
    let height: Int
    /// What libav calls extradata: the record, less what libav does without.
    let extradata: ByteBuffer
    let vp9: VPCodecConfiguration?

    /// - Throws: ``LibavError/incomplete(_:_:missing:)`` where a header could not be written.
    init(_ track: TrackID, _ configuration: CodecConfiguration) throws(LibavError) {
        func missing(_ what: String) -> LibavError { .incomplete(track, configuration.codec, missing: what) }
        self.track = track
        self.codec = configuration.codec
        self.width = configuration.width
        self.height = configuration.height
        self.sampleRate = configuration.codec == .opus ? 48_000 : configuration.sampleRate
        self.channels = configuration.channels
        if configuration.codec.kind == .audio {
            guard self.sampleRate > 0 else { throw missing("sample rate") }
            guard self.channels > 0 else { throw missing("number of channels") }
        }
        if [.h264, .hevc, .av1, .aac, .opus].contains(configuration.codec), configuration.record.readableBytes == 0 {
            throw missing("configuration record")
        }
        var vp9: VPCodecConfiguration?
        do throws(CodecError) {
            switch configuration.codec {
            case .h264, .hevc, .av1, .aac, .opus:
                self.extradata = configuration.record
            case .vp9:
                vp9 = try VPCodecConfiguration(record: configuration.record)
                self.extradata = ByteBuffer()
            case .flac:
                // libav keeps the bare STREAMINFO block, which ends the record.
                let record = try FLACStreamInfo(record: configuration.record).record
                self.extradata = record.getSlice(at: record.writerIndex - 34, length: 34) ?? record
            case .vp8, .mp3, .mp2, .ac3, .eac3, .pcmu, .pcma, .l16:
                self.extradata = ByteBuffer()
            }
        } catch {
            throw .configuration(track, error)
        }
        self.vp9 = vp9
    }

    var codecID: AVCodecID {
        switch self.codec {
        case .h264: AV_CODEC_ID_H264
        case .hevc: AV_CODEC_ID_HEVC
        case .av1: AV_CODEC_ID_AV1
        case .vp9: AV_CODEC_ID_VP9
        case .vp8: AV_CODEC_ID_VP8
        case .aac: AV_CODEC_ID_AAC
        case .mp3: AV_CODEC_ID_MP3
        case .mp2: AV_CODEC_ID_MP2
        case .opus: AV_CODEC_ID_OPUS
        case .flac: AV_CODEC_ID_FLAC
        case .ac3: AV_CODEC_ID_AC3
        case .eac3: AV_CODEC_ID_EAC3
        case .pcmu: AV_CODEC_ID_PCM_MULAW
        case .pcma: AV_CODEC_ID_PCM_ALAW
        case .l16: AV_CODEC_ID_PCM_S16BE
        }
    }

    /// A frame's length for muxers that plan their clock by it; what a packet really holds is counted per packet.
    private var nominalFrame: Int32 {
        switch self.codec {
        case .aac: 1024
        case .mp3, .mp2: 1152
        case .opus: 960
        case .ac3, .eac3: 1536
        default: 4096
        }
    }

    /// Fills in what libav reads; `extradata` is left out where the packets carry parameter sets themselves.
    func fill(_ raw: UnsafeMutablePointer<AVCodecParameters>, extradata: Bool, tag: UInt32 = 0) throws(LibavError) {
        unsafe raw.pointee.codec_type = self.codec.kind == .video ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO
        unsafe raw.pointee.codec_id = self.codecID
        unsafe raw.pointee.codec_tag = tag
        switch self.codec.kind {
        case .video:
            unsafe raw.pointee.width = Int32(clamping: self.width)
            unsafe raw.pointee.height = Int32(clamping: self.height)
            unsafe self.vp9?.fill(raw)
        case .audio:
            unsafe raw.pointee.sample_rate = Int32(clamping: self.sampleRate)
            unsafe raw.pointee.frame_size = self.nominalFrame
            unsafe av_channel_layout_default(&raw.pointee.ch_layout, Int32(clamping: self.channels))
        }
        guard extradata else { return }
        let result = unsafe self.extradata.withUnsafeReadableBytes { bytes in
            unsafe libav_set_extradata(raw, bytes.baseAddress, Int32(clamping: bytes.count))
        }
        try LibavError.check(result, "av_mallocz", doing: "storing a decoder configuration")
    }
}

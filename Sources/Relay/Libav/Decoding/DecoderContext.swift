internal import CLibav
internal import Media
internal import NIOCore

/// Owns one decoding `AVCodecContext`, the packet handed to it and the frame it gives back.
///
/// It decodes on the thread that calls it and starts none. What it is given comes from strangers: its errors are thrown,
/// and are no more than that.
///
/// Sendable because libav's objects belong to no thread, and being noncopyable this one has a single owner at a time.
@safe struct DecoderContext: ~Copyable, @unchecked Sendable {
    private let raw: UnsafeMutablePointer<AVCodecContext>
    private let packet: UnsafeMutablePointer<AVPacket>
    private let frame: UnsafeMutablePointer<AVFrame>

    /// Samples of one packet that a decoder may take memory for.
    private static let sampleLimit: Int64 = 1 << 17

    private init(
        owning raw: UnsafeMutablePointer<AVCodecContext>,
        packet: UnsafeMutablePointer<AVPacket>,
        frame: UnsafeMutablePointer<AVFrame>
    ) {
        unsafe self.raw = raw
        unsafe self.packet = packet
        unsafe self.frame = frame
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = unsafe self.frame
        unsafe av_frame_free(&frame)
        var packet: UnsafeMutablePointer<AVPacket>? = unsafe self.packet
        unsafe av_packet_free(&packet)
        var raw: UnsafeMutablePointer<AVCodecContext>? = unsafe self.raw
        unsafe avcodec_free_context(&raw)
    }

    /// A decoder of the track that refuses pictures of more than `pixels`.
    static func opened(_ parameters: StreamParameters, pixels: Int) throws(LibavError) -> DecoderContext {
        try LibavLibrary.load()
        guard let codec = unsafe avcodec_find_decoder(parameters.codecID) else {
            throw .undecodable(parameters.codec)
        }
        let context = try unsafe Self.allocated(codec)
        try unsafe Self.fill(context.raw, parameters)
        unsafe context.raw.pointee.thread_count = 1
        unsafe context.raw.pointee.max_pixels = Int64(clamping: pixels)
        unsafe context.raw.pointee.max_samples = Self.sampleLimit
        // What strangers send wrong is counted, not logged.
        unsafe context.raw.pointee.log_level_offset = AV_LOG_TRACE
        if parameters.codec.kind == .video {
            // A still need not be beautiful: the filter between blocks is a third of the work.
            unsafe context.raw.pointee.skip_loop_filter = AVDISCARD_ALL
            unsafe context.raw.pointee.skip_frame = AVDISCARD_NONKEY
            unsafe context.raw.pointee.flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT
            unsafe context.raw.pointee.export_side_data |= AV_CODEC_EXPORT_DATA_VIDEO_ENC_PARAMS
        }
        try LibavError.check(
            unsafe avcodec_open2(context.raw, codec, nil),
            "avcodec_open2",
            doing: "opening a decoder of \(parameters.codec.rawValue)"
        )
        return context
    }

    private static func allocated(_ codec: UnsafePointer<AVCodec>) throws(LibavError) -> DecoderContext {
        guard let packet = unsafe av_packet_alloc() else { throw .outOfMemory(call: "av_packet_alloc") }
        guard let frame = unsafe av_frame_alloc() else {
            var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
            unsafe av_packet_free(&packet)
            throw .outOfMemory(call: "av_frame_alloc")
        }
        guard let raw = unsafe avcodec_alloc_context3(codec) else {
            var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
            unsafe av_packet_free(&packet)
            var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
            unsafe av_frame_free(&frame)
            throw .outOfMemory(call: "avcodec_alloc_context3")
        }
        return unsafe DecoderContext(owning: raw, packet: packet, frame: frame)
    }

    private static func fill(
        _ raw: UnsafeMutablePointer<AVCodecContext>,
        _ parameters: StreamParameters
    ) throws(LibavError) {
        var described = unsafe avcodec_parameters_alloc()
        defer { unsafe avcodec_parameters_free(&described) }
        guard let known = unsafe described else { throw .outOfMemory(call: "avcodec_parameters_alloc") }
        unsafe try parameters.fill(known, extradata: true)
        try LibavError.check(
            unsafe avcodec_parameters_to_context(raw, known),
            "avcodec_parameters_to_context",
            doing: "describing \(parameters.codec.rawValue) to a decoder"
        )
    }

    /// Hands one access unit to the decoder, which copies it.
    func send(_ payload: ByteBuffer, isKeyframe: Bool) throws(LibavError) {
        let (raw, packet) = unsafe (self.raw, self.packet)
        unsafe packet.pointee.flags = isKeyframe ? AV_PKT_FLAG_KEY : 0
        let result = unsafe payload.withUnsafeReadableBytes { bytes in
            unsafe libav_lend(packet, bytes.baseAddress, Int32(clamping: bytes.count))
            defer { unsafe libav_end_loan(packet) }
            return unsafe avcodec_send_packet(raw, packet)
        }
        try LibavError.check(result, "avcodec_send_packet", doing: "decoding")
    }

    /// Nothing more comes: the decoder gives what it holds back.
    func finish() throws(LibavError) {
        try LibavError.check(unsafe avcodec_send_packet(self.raw, nil), "avcodec_send_packet", doing: "decoding")
    }

    /// Makes the decoder forget what came before.
    func forget() {
        unsafe avcodec_flush_buffers(self.raw)
    }

    /// Lends the next frame to `body`.
    ///
    /// - Returns: what the body makes of it; nil where the decoder has no frame yet.
    func receive<Result>(_ body: (UnsafePointer<AVFrame>) -> Result) throws(LibavError) -> Result? {
        let result = unsafe avcodec_receive_frame(self.raw, self.frame)
        if result == libav_error(EAGAIN) || result == libav_error_eof() { return nil }
        try LibavError.check(result, "avcodec_receive_frame", doing: "decoding")
        defer { unsafe av_frame_unref(self.frame) }
        return unsafe body(self.frame)
    }
}

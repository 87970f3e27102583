internal import CLibav
internal import Media
internal import NIOCore

/// Owns one muxing `AVFormatContext`, its byte stream and the packet handed to it.
///
/// Bytes given to ``write(_:stream:stamp:duration:isKeyframe:doing:)`` are lent for the call and not copied: libav's
/// muxers copy them once, to where they are framed.
///
/// Sendable because libav's objects belong to no thread, and being noncopyable this one has a single owner at a time.
@safe struct OutputContext: ~Copyable, @unchecked Sendable {
    private let raw: UnsafeMutablePointer<AVFormatContext>
    private let packet: UnsafeMutablePointer<AVPacket>
    private let sink: OutputSink

    private init(
        owning raw: UnsafeMutablePointer<AVFormatContext>,
        packet: UnsafeMutablePointer<AVPacket>,
        sink: OutputSink
    ) {
        unsafe self.raw = raw
        unsafe self.packet = packet
        self.sink = sink
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = unsafe self.packet
        unsafe av_packet_free(&packet)
        let io = unsafe self.raw.pointee.pb
        unsafe avformat_free_context(self.raw)
        unsafe libav_free_output(io)
    }

    /// A context of the named muxer that writes to memory, `capacity` bytes at a time.
    static func allocated(muxer: String, capacity: Int) throws(LibavError) -> OutputContext {
        try LibavLibrary.load()
        guard let packet = unsafe av_packet_alloc() else { throw .outOfMemory(call: "av_packet_alloc") }
        var raw: UnsafeMutablePointer<AVFormatContext>?
        let result = unsafe avformat_alloc_output_context2(&raw, nil, muxer, nil)
        guard result >= 0, let raw = unsafe raw else {
            var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
            unsafe av_packet_free(&packet)
            try LibavError.check(min(result, -1), "avformat_alloc_output_context2", doing: "making a \(muxer) muxer")
            throw .outOfMemory(call: "avformat_alloc_output_context2")
        }
        let context = unsafe OutputContext(owning: raw, packet: packet, sink: OutputSink())
        let opaque = unsafe Unmanaged.passUnretained(context.sink).toOpaque()
        guard
            let io = unsafe libav_alloc_output(
                Int32(clamping: capacity),
                opaque,
                { opaque, bytes, count in
                    guard let opaque = unsafe opaque, let bytes = unsafe bytes else { return libav_error(EINVAL) }
                    let sink = unsafe Unmanaged<OutputSink>.fromOpaque(opaque).takeUnretainedValue()
                    unsafe sink.append(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                    return count
                }
            )
        else { throw .outOfMemory(call: "avio_alloc_context") }
        unsafe raw.pointee.pb = io
        unsafe raw.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT
        unsafe raw.pointee.flush_packets = 0
        return context
    }

    /// Names the programme in formats that have a place for it.
    func name(service: String) throws(LibavError) {
        for key in ["service_provider", "service_name"] {
            try LibavError.check(
                unsafe av_dict_set(&self.raw.pointee.metadata, key, service, 0),
                "av_dict_set",
                doing: "naming a service"
            )
        }
    }

    /// Adds a stream with the given clock, and where the format has numbers for them, a number.
    func add(
        _ parameters: StreamParameters,
        scale: Int,
        extradata: Bool,
        tag: UInt32 = 0,
        identifier: Int? = nil
    ) throws(LibavError) {
        guard let stream = unsafe avformat_new_stream(self.raw, nil), let codec = unsafe stream.pointee.codecpar else {
            throw .outOfMemory(call: "avformat_new_stream")
        }
        unsafe stream.pointee.time_base = AVRational(num: 1, den: Int32(clamping: scale))
        if let identifier { unsafe stream.pointee.id = Int32(clamping: identifier) }
        unsafe try parameters.fill(codec, extradata: extradata, tag: tag)
    }

    /// Opens the muxer with its options. An option the loaded libavformat does not know is an error of ours.
    func writeHeader(_ options: [(String, String)], doing: String) throws(LibavError) {
        var dictionary: OpaquePointer?
        defer { unsafe av_dict_free(&dictionary) }
        for (name, value) in options {
            try LibavError.check(unsafe av_dict_set(&dictionary, name, value, 0), "av_dict_set", doing: doing)
        }
        try LibavError.check(
            unsafe avformat_write_header(self.raw, &dictionary),
            "avformat_write_header",
            doing: doing
        )
        if let unknown = unsafe av_dict_get(dictionary, "", nil, AV_DICT_IGNORE_SUFFIX) {
            let name = unsafe String(cString: unknown.pointee.key)
            try LibavError.check(
                libav_error(ENOSYS),
                "avformat_write_header",
                doing: "\(doing) (its option \(name) is not known)"
            )
        }
    }

    /// Sets one of the muxer's own options while it runs.
    func set(_ option: String, _ value: String) throws(LibavError) {
        try LibavError.check(
            unsafe av_opt_set(self.raw.pointee.priv_data, option, value, 0),
            "av_opt_set",
            doing: "setting \(option) to \(value)"
        )
    }

    /// Hands one packet to the muxer.
    func write(
        _ payload: ByteBuffer,
        stream: Int,
        stamp: TrackClock.Stamp,
        duration: Int64,
        isKeyframe: Bool,
        doing: @autoclosure () -> String
    ) throws(LibavError) {
        let packet = unsafe self.packet
        unsafe packet.pointee.stream_index = Int32(stream)
        unsafe packet.pointee.pts = stamp.pts
        unsafe packet.pointee.dts = stamp.dts
        unsafe packet.pointee.duration = duration
        unsafe packet.pointee.flags = isKeyframe ? AV_PKT_FLAG_KEY : 0
        let raw = unsafe self.raw
        let result = unsafe payload.withUnsafeReadableBytes { bytes in
            unsafe libav_lend(packet, bytes.baseAddress, Int32(clamping: bytes.count))
            defer { unsafe libav_end_loan(packet) }
            return unsafe av_write_frame(raw, packet)
        }
        try LibavError.check(result, "av_write_frame", doing: doing())
    }

    /// Makes the muxer write what it holds back.
    func flush(doing: @autoclosure () -> String) throws(LibavError) {
        try LibavError.check(unsafe av_write_frame(self.raw, nil), "av_write_frame", doing: doing())
    }

    /// The bytes the muxer made since the last time.
    func take() -> ByteBuffer {
        unsafe avio_flush(self.raw.pointee.pb)
        return self.sink.take()
    }
}

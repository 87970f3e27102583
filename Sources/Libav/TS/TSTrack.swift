internal import Media
internal import NIOCore

/// One elementary stream: its timing and how its packets are rewritten for MPEG-TS.
struct TSTrack {
    /// Ticks a second of PTS and DTS.
    static let scale = 90_000

    let id: TrackID
    private let codec: Codec
    private(set) var timing: PacketTiming
    /// Nil for audio; libav itself puts ADTS and Opus control headers before frames.
    private(set) var converter: AnnexBConverter?

    init(_ id: TrackID, _ configuration: CodecConfiguration) throws(LibavError) {
        self.id = id
        self.codec = configuration.codec
        self.timing = PacketTiming(scale: Self.scale, configuration: configuration)
        if configuration.codec.kind == .video { self.converter = try AnnexBConverter(id, configuration) }
    }

    /// The bytes and times to hand to libav; the bytes are valid until the next call.
    mutating func prepare(
        _ packet: Packet,
        isKeyframe: Bool,
        in padded: inout PaddedBytes
    ) throws(LibavError) -> (ByteBuffer, TrackClock.Stamp) {
        let payload: ByteBuffer
        switch self.codec {
        case .h264, .hevc:
            payload = try self.converter?.convert(packet.payload, isKeyframe: isKeyframe) ?? packet.payload
        case .ac3, .eac3:
            payload = padded.hold(packet.payload)  // its header is read by a bit reader
        default:
            payload = packet.payload
        }
        return (payload, self.timing.stamp(packet, lead: TSMuxer.lead).stamp)
    }
}

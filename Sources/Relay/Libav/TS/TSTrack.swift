internal import Media
internal import NIOCore

/// One elementary stream: its timing and how its packets are rewritten for MPEG-TS.
struct TSTrack {
    /// Ticks a second of PTS and DTS.
    static let scale = 90_000

    let id: TrackID
    private let codec: Codec
    private(set) var timing: PacketTiming
    /// Nil for audio.
    private(set) var converter: AnnexBConverter?
    /// Nil for all but AAC; libav itself puts Opus control headers before frames.
    private var header: ADTSHeader?
    /// A viewer may have begun since the last frame, and knows nothing of this track but what comes now.
    var isNewToSome = true

    init(_ id: TrackID, _ configuration: CodecConfiguration) throws(LibavError) {
        self.id = id
        self.codec = configuration.codec
        self.timing = PacketTiming(scale: Self.scale, configuration: configuration)
        if configuration.codec.kind == .video { self.converter = try AnnexBConverter(id, configuration) }
        if configuration.codec == .aac {
            let record: AudioSpecificConfig
            do throws(CodecError) {
                record = try AudioSpecificConfig(record: configuration.record)
            } catch {
                throw .configuration(id, error)
            }
            do throws(ADTSHeader.Refusal) {
                self.header = try ADTSHeader(record)
            } catch {
                throw .unsupported(.aac, format: .mpegTS)
            }
        }
    }

    /// Whether libav has to know the configuration's record: it makes nothing of it where the bytes say everything.
    var needsExtradata: Bool { self.converter == nil && self.header == nil }

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
        case .aac:
            var isShort = true
            payload = padded.hold { output in
                isShort = self.header?.write(packet.payload, isJoin: self.isNewToSome, into: &output) ?? false
            }
            self.isNewToSome = false
            guard isShort else {
                throw .malformed(self.id, .aac, reason: "a frame is longer than ADTS can say")
            }
        case .ac3, .eac3:
            payload = padded.hold(packet.payload)  // its header is read by a bit reader
        default:
            payload = packet.payload
        }
        return (payload, self.timing.stamp(packet, lead: TSMuxer.lead).stamp)
    }
}

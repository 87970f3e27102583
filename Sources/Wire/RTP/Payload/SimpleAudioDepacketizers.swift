import Media
import NIOCore

/// Opus by RFC 7587: a packet is a packet.
struct OpusDepacketizer: RTPDepacketizer {
    private(set) var configuration: CodecConfiguration?

    init(_ encoding: RTPEncoding) {
        // The description always has two channels; what is in the packets it may say so.
        switch encoding.parameters.number("sprop-stereo") {
        case 1?: self.configuration = Self.configuration(channels: 2)
        case 0?: self.configuration = Self.configuration(channels: 1)
        default: break
        }
    }

    private static func configuration(channels: Int) -> CodecConfiguration? {
        OpusHead(channels: channels).flatMap { try? CodecConfiguration(record: $0.record, of: .opus) }
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {}

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        var unit = RTPAccessUnit(timestamp: packet.timestamp, payload: packet.payload)
        if self.configuration == nil {
            self.configuration = try? CodecConfiguration(accessUnit: packet.payload, of: .opus)
            unit.configuration = self.configuration
        }
        output.units.append(unit)
    }
}

/// G.711 and L16 by RFC 3551 section 4.5: samples and nothing else.
struct PCMDepacketizer: RTPDepacketizer {
    let configuration: CodecConfiguration?
    /// Bytes of one sample of all channels.
    private let frame: Int

    init(_ codec: Codec, _ encoding: RTPEncoding) {
        let channels = encoding.channels ?? 1
        self.configuration = CodecConfiguration(pcm: codec, sampleRate: encoding.clockRate, channels: channels)
        self.frame = channels * (codec == .l16 ? 2 : 1)
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {}

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        guard packet.payload.readableBytes % self.frame == 0 else {
            output.malformed += 1
            return
        }
        output.units.append(RTPAccessUnit(timestamp: packet.timestamp, payload: packet.payload))
    }
}

/// MPEG-TS by RFC 2250 section 2: whole packets of 188 bytes.
struct TransportStreamDepacketizer: RTPDepacketizer {
    var configuration: CodecConfiguration? { nil }

    mutating func lose(into output: inout RTPDepacketizerOutput) {}

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        guard packet.payload.getInteger(at: packet.payload.readerIndex, as: UInt8.self) == 0x47 else {
            output.malformed += 1
            return
        }
        output.transport.append(packet.payload)
    }
}

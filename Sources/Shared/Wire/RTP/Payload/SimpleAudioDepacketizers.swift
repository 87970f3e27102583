import Encodings
import Media
import NIOCore

/// Opus by RFC 7587: a packet is a packet. More than two channels have no registration; they come as GStreamer and
/// Chromium send them, by the name `multiopus` and with what RFC 7845 section 5.1.1 says of streams as parameters.
struct OpusDepacketizer: RTPDepacketizer {
    private(set) var configuration: CodecConfiguration?
    /// Whether a packet tells how it is coded: those of several streams do not.
    private let isPlain: Bool

    init(_ encoding: RTPEncoding) {
        self.isPlain = !encoding.isNamed("multiopus")
        guard self.isPlain else {
            self.configuration = Self.configuration(encoding)
            return
        }
        // The description always has two channels; what is in the packets it may say so.
        switch encoding.parameters.number("sprop-stereo") {
        case 1?: self.configuration = Self.configuration(channels: 2)
        case 0?: self.configuration = Self.configuration(channels: 1)
        default: break
        }
    }

    /// Of several streams; nil where the parameters do not add up.
    private static func configuration(_ encoding: RTPEncoding) -> CodecConfiguration? {
        let map = (encoding.parameters["channel_mapping"] ?? "").parts(at: ",").map { UInt8($0.trimmingBlanks()) }
        guard let channels = encoding.channels, var head = OpusHead(channels: channels), map.count == channels,
            let streams = encoding.parameters.number("num_streams"), streams < 256,
            let coupled = encoding.parameters.number("coupled_streams"), coupled < 256
        else { return nil }
        head.mapping = .table(family: 1, streams: streams, coupled: coupled, map: map.compactMap(\.self))
        return try? CodecConfiguration(record: head.record, of: .opus)
    }

    private static func configuration(channels: Int) -> CodecConfiguration? {
        OpusHead(channels: channels).flatMap { try? CodecConfiguration(record: $0.record, of: .opus) }
    }

    var standing: RTPDepacketizerStanding? { RTPDepacketizerStanding(configuration: self.configuration) }

    mutating func resume(_ standing: RTPDepacketizerStanding) { self.configuration = standing.configuration }

    mutating func lose(into output: inout RTPDepacketizerOutput) {}

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        var unit = RTPAccessUnit(timestamp: packet.timestamp, payload: packet.payload)
        if self.configuration == nil, self.isPlain {
            self.configuration = try? CodecConfiguration(accessUnit: packet.payload, of: .opus)
            unit.configuration = self.configuration
        }
        guard self.configuration != nil else {
            output.unconfigured += 1
            return
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

    /// Nothing goes on from packet to packet.
    var standing: RTPDepacketizerStanding? { RTPDepacketizerStanding() }

    mutating func resume(_ standing: RTPDepacketizerStanding) {}

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

    /// What comes of its packets is read elsewhere, and stands there.
    var standing: RTPDepacketizerStanding? { RTPDepacketizerStanding() }

    mutating func resume(_ standing: RTPDepacketizerStanding) {}

    mutating func lose(into output: inout RTPDepacketizerOutput) { output.hasTransportGap = true }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        output.transport.append(packet.payload)
    }
}

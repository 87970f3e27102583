package import Media
package import NIOCore

/// Cuts the access units of one track into RTP packets.
///
/// A pure value. What it is given is in the form of ISO BMFF (see ``Packet/payload``); what it writes is framed by
/// ``RTPPacketWriter``. An access unit that cannot be read is left out.
package struct RTPPacketizer: Sendable {
    /// Payload bytes of a packet: with the headers of IPv6, UDP, RTP and a tunnel or two it still passes every line.
    package static let payloadLimit = 1200

    package private(set) var writer: RTPPacketWriter
    private let nalLengthSize: Int
    private let parameterSets: [ByteBuffer]
    private var pictures: UInt16 = 0

    /// - Parameters:
    ///   - track: what the packets carry.
    ///   - framing: what parts packets from each other.
    ///   - limit: payload bytes of a packet.
    ///   - sequence: the first packet's number.
    package init(
        _ track: RTPOutgoingTrack,
        framing: RTPPacketFraming,
        limit: Int = Self.payloadLimit,
        sequence: UInt16
    ) {
        self.init(track, framing: framing, limit: limit, from: RTPSourceStanding(sequence: sequence))
    }

    /// A source that goes on from where another process has left it.
    package init(
        _ track: RTPOutgoingTrack,
        framing: RTPPacketFraming,
        limit: Int = Self.payloadLimit,
        from standing: RTPSourceStanding
    ) {
        self.init(RTPPacketWriter(track, framing: framing, limit: limit, from: standing))
    }

    private init(_ writer: RTPPacketWriter) {
        self.writer = writer
        let configuration = writer.track.configuration
        self.nalLengthSize = configuration.nalLengthSize ?? 4
        self.parameterSets = Self.parameterSets(of: configuration)
    }

    package var track: RTPOutgoingTrack { self.writer.track }

    /// Goes on as a track that is coded otherwise.
    package mutating func `continue`(as track: RTPOutgoingTrack) {
        var next = RTPPacketizer(self.writer.continued(as: track))
        next.pictures = self.pictures
        self = next
    }

    /// Writes the packets of an access unit. The coding's parameter sets go before every picture that a decoder can start at,
    /// unless the access unit brings its own.
    package mutating func write(_ packet: Packet, into frames: inout ByteBuffer) {
        let isKeyframe = packet.flags.contains(.keyframe)
        let unit = RTPUnit(bytes: packet.payload, timestamp: self.track.timestamp(of: packet.pts))
        switch self.track.configuration.codec {
        case .h264:
            let sets = isKeyframe ? self.parameterSets : []
            NALPacketizer.h264.write(unit, lengthSize: self.nalLengthSize, sets, &self.writer, &frames)
        case .hevc:
            let sets = isKeyframe ? self.parameterSets : []
            NALPacketizer.hevc.write(unit, lengthSize: self.nalLengthSize, sets, &self.writer, &frames)
        case .av1:
            AV1Packetizer.write(unit, header: isKeyframe ? self.parameterSets.first : nil, &self.writer, &frames)
        case .vp8: VPPacketizer.writeVP8(unit, &self.writer, &frames)
        case .vp9:
            VPPacketizer.writeVP9(unit, picture: self.pictures, isKeyframe: isKeyframe, &self.writer, &frames)
            self.pictures = (self.pictures + 1) & 0x7FFF
        case .aac: SoundPacketizer.writeAAC(unit, &self.writer, &frames)
        case .mp3, .mp2: SoundPacketizer.writeMPEG(unit, &self.writer, &frames)
        case .ac3: SoundPacketizer.writeAC3(unit, &self.writer, &frames)
        case .eac3: SoundPacketizer.writeEAC3(unit, &self.writer, &frames)
        case .opus:
            self.writer.write(RTPLead(), unit.bytes, timestamp: unit.timestamp, marker: false, into: &frames)
        case .pcmu, .pcma: SoundPacketizer.writeSamples(unit, size: 1, &self.writer, &frames)
        case .l16: SoundPacketizer.writeSamples(unit, size: 2, &self.writer, &frames)
        case .flac: break
        }
    }

    /// Writes a report of the track (RFC 3550 section 6.4.1): what time it is in its timestamps. `wallClock` is µs since
    /// 1970-01-01 UTC at the same instant. The last one says goodbye (section 6.6), so that who receives knows at once that
    /// nothing more comes.
    package func writeReport(
        at time: MediaTime,
        wallClock: Int64,
        name: String,
        isLast: Bool = false,
        into frames: inout ByteBuffer
    ) {
        let source = self.track.synchronizationSource
        let report = RTCPSenderReport(
            source: source,
            time: NTPTime(microseconds: wallClock),
            timestamp: self.track.timestamp(of: time),
            packets: self.writer.packets,
            bytes: self.writer.octets
        )
        var bytes = ByteBuffer()
        RTCPPacket.senderReport(report).write(into: &bytes)
        RTCPPacket.sourceDescription([RTCPSourceName(source: source, canonicalName: name)]).write(into: &bytes)
        if isLast { RTCPPacket.goodbye([source]).write(into: &bytes) }
        self.writer.framing.write(self.track.reportChannel, bytes.readableBytes, &frames)
        frames.writeImmutableBuffer(bytes)
    }

    private static func parameterSets(of configuration: CodecConfiguration) -> [ByteBuffer] {
        switch configuration.codec {
        case .h264:
            guard let record = try? AVCDecoderConfiguration(record: configuration.record) else { return [] }
            return record.sequenceParameterSets + record.pictureParameterSets
        case .hevc:
            let record = try? HEVCDecoderConfiguration(record: configuration.record)
            let sets = record?.parameterSets.filter { (32...34).contains($0.kind) } ?? []
            return sets.sorted { $0.kind < $1.kind }.map(\.nalUnit)
        case .av1:
            let record = try? AV1CodecConfiguration(record: configuration.record)
            return record?.sequenceHeader.map { [$0] } ?? []
        default: return []
        }
    }
}

/// An access unit on its way into packets.
struct RTPUnit {
    var bytes: ByteBuffer
    var timestamp: UInt32
}

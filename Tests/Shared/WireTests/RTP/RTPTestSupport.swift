import Media
import NIOCore
import Wire

extension RTPPacket {
    /// The packet on the wire.
    var bytes: ByteBuffer {
        var bytes = ByteBuffer()
        self.writeHeader(into: &bytes)
        bytes.writeImmutableBuffer(self.payload)
        return bytes
    }
}

/// A sender of one track: numbers its packets.
struct TestSender {
    var payloadType: UInt8 = 96
    var sequence: UInt16 = 65_530
    var source: UInt32 = 0x1234_5678

    mutating func packet(_ payload: ByteBuffer, at timestamp: UInt32, marker: Bool = false) -> RTPPacket {
        defer { self.sequence &+= 1 }
        return RTPPacket(
            marker: marker,
            payloadType: self.payloadType,
            sequence: self.sequence,
            timestamp: timestamp,
            source: self.source,
            payload: payload
        )
    }

    mutating func packet(_ hex: String, at timestamp: UInt32, marker: Bool = false) -> RTPPacket {
        self.packet(ByteBuffer(hex: hex), at: timestamp, marker: marker)
    }
}

/// A receiver of one track under test.
struct TestReceiver {
    var receiver: RTPReceiver
    var sender = TestSender()
    var events: [RTPReceiverEvent] = []
    var now: Int64 = 1_000_000
    /// Whether packets come by a connection.
    var isOrdered = false

    init(_ sdp: String, onLoss: RTPReceiverConfiguration.OnLoss = .hold) throws {
        let configuration = RTPReceiverConfiguration(onLoss: onLoss, canonicalName: "test", source: 1)
        self.receiver = try RTPReceiver(SessionDescription(parsing: sdp), configuration: configuration)
    }

    init(encoding: String, parameters: String = "", onLoss: RTPReceiverConfiguration.OnLoss = .hold) throws {
        try self.init(
            """
            m=video 0 RTP/AVP 96
            a=rtpmap:96 \(encoding)
            a=fmtp:96 \(parameters)
            """,
            onLoss: onLoss
        )
    }

    mutating func send(_ hex: String, at timestamp: UInt32, marker: Bool = false) {
        self.take(self.sender.packet(hex, at: timestamp, marker: marker))
    }

    mutating func take(_ packet: RTPPacket) {
        self.events += self.receiver.receiveRTP(
            packet.bytes,
            media: 0,
            isOrdered: self.isOrdered,
            now: self.now
        )
    }

    /// A packet that is never received.
    mutating func lose() { self.sender.sequence &+= 1 }

    /// Long enough for every gap to be given up.
    mutating func wait() {
        self.now += 200_000
        self.events += self.receiver.tick(now: self.now)
    }

    var packets: [SourcePacket] {
        self.events.compactMap { event in
            if case .source(.packet(let packet)) = event { packet } else { nil }
        }
    }

    var payloads: [ByteBuffer] { self.packets.map(\.payload) }

    var configurations: [CodecConfiguration] {
        self.events.compactMap { event in
            if case .source(.configuration(_, let configuration)) = event { configuration } else { nil }
        }
    }

    var omissions: [MediaOmission] {
        self.events.compactMap { event in
            if case .source(.omission(let omission)) = event { omission } else { nil }
        }
    }

    var statistics: RTPTrackStatistics { self.receiver.statistics[0] }
}

package import NIOCore

/// What stands between packets that are written behind each other, so that a reader can part them. What carries the
/// packets brings it.
package struct RTPPacketFraming: Sendable {
    /// Bytes in front of a packet.
    package let overhead: Int

    /// Writes them for a packet of so many bytes on a channel.
    let write: @Sendable (_ channel: UInt8, _ length: Int, _ bytes: inout ByteBuffer) -> Void

    package init(
        overhead: Int,
        write: @escaping @Sendable (_ channel: UInt8, _ length: Int, _ bytes: inout ByteBuffer) -> Void
    ) {
        self.overhead = overhead
        self.write = write
    }
}

/// Where a source stands that goes on.
package struct RTPSourceStanding: Hashable, Sendable {
    /// Of the packet that comes next.
    package let sequence: UInt16
    /// What it has sent, as sender reports count it.
    package let packets: UInt32
    package let octets: UInt32

    package init(sequence: UInt16, packets: UInt32 = 0, octets: UInt32 = 0) {
        self.sequence = sequence
        self.packets = packets
        self.octets = octets
    }
}

/// Writes the packets of one track behind each other, numbered and counted.
package struct RTPPacketWriter: Sendable {
    /// Bytes of an RTP header without contributing sources or extension: RFC 3550 section 5.1.
    static let header = 12

    let track: RTPOutgoingTrack

    let framing: RTPPacketFraming

    /// Payload bytes of a packet at the most.
    let limit: Int

    /// Of the packet that comes next.
    package private(set) var sequence: UInt16

    /// What a sender report counts: section 6.4.1.
    package private(set) var packets: UInt32
    package private(set) var octets: UInt32

    init(_ track: RTPOutgoingTrack, framing: RTPPacketFraming, limit: Int, from standing: RTPSourceStanding) {
        self.track = track
        self.framing = framing
        self.limit = limit
        self.sequence = standing.sequence
        self.packets = standing.packets
        self.octets = standing.octets
    }

    /// The same source, whose packets are about another coding from here on.
    func continued(as track: RTPOutgoingTrack) -> RTPPacketWriter {
        let standing = RTPSourceStanding(sequence: self.sequence, packets: self.packets, octets: self.octets)
        return RTPPacketWriter(track, framing: self.framing, limit: self.limit, from: standing)
    }

    /// Writes a packet whose payload is `lead` (a payload header, of up to eight bytes) and a part of an access unit.
    mutating func write(
        _ lead: RTPLead,
        _ part: ByteBuffer,
        timestamp: UInt32,
        marker: Bool,
        into frames: inout ByteBuffer
    ) {
        let payload = lead.count + part.readableBytes
        frames.reserveCapacity(minimumWritableBytes: self.framing.overhead + Self.header + payload)
        self.framing.write(self.track.channel, Self.header + payload, &frames)
        frames.writeMultipleIntegers(
            UInt8(0x80),
            self.track.payloadType | (marker ? 0x80 : 0),
            self.sequence,
            timestamp,
            self.track.synchronizationSource
        )
        lead.write(into: &frames)
        frames.writeImmutableBuffer(part)
        self.sequence &+= 1
        self.packets &+= 1
        self.octets &+= UInt32(truncatingIfNeeded: payload)
    }
}

/// Up to eight bytes in front of a packet's part of an access unit.
struct RTPLead {
    private var bits: UInt64 = 0
    private(set) var count = 0

    init() {}

    init(_ bytes: UInt8...) {
        for byte in bytes { self.append(byte) }
    }

    mutating func append(_ byte: UInt8) {
        precondition(self.count < 8)
        self.bits |= UInt64(byte) << UInt64(56 - 8 * self.count)
        self.count += 1
    }

    mutating func append(_ number: UInt16) {
        self.append(UInt8(number >> 8))
        self.append(UInt8(number & 0xFF))
    }

    func write(into bytes: inout ByteBuffer) {
        for index in 0..<self.count {
            bytes.writeInteger(UInt8(truncatingIfNeeded: self.bits >> UInt64(56 - 8 * index)))
        }
    }
}

extension ByteBuffer {
    /// A part of the buffer that is known to be there.
    func part(_ range: Range<Int>) -> ByteBuffer {
        self.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}

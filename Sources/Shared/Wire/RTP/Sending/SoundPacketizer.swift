import NIOCore

/// Sound: one access unit a packet, so that none waits for another, and fragments of those that are too long for one.
enum SoundPacketizer {
    /// RFC 3640 section 3.2.1: the bits of AU headers (16), then the access unit's whole size in thirteen bits and an index of
    /// zero, in every fragment; the marker is on the last.
    static func writeAAC(_ unit: RTPUnit, _ writer: inout RTPPacketWriter, _ frames: inout ByteBuffer) {
        let size = unit.bytes.readableBytes
        guard size < 1 << 13 else { return }
        Self.cut(unit, lead: 4, &writer, &frames) { part in
            var lead = RTPLead(0, 16)
            lead.append(UInt16(size) << 3)
            return (lead, marker: part.isLast)
        }
    }

    /// RFC 2250 section 3.5: sixteen zero bits and the place of a fragment in its frame.
    static func writeMPEG(_ unit: RTPUnit, _ writer: inout RTPPacketWriter, _ frames: inout ByteBuffer) {
        guard unit.bytes.readableBytes <= Int(UInt16.max) else { return }
        Self.cut(unit, lead: 4, &writer, &frames) { part in
            var lead = RTPLead(0, 0)
            lead.append(UInt16(truncatingIfNeeded: part.offset))
            return (lead, marker: false)
        }
    }

    /// RFC 4184 section 4.1: the frame type (whole, first fragment with at least five eighths of the frame, first fragment,
    /// other fragment) and the number of frames, or of the frame's fragments.
    static func writeAC3(_ unit: RTPUnit, _ writer: inout RTPPacketWriter, _ frames: inout ByteBuffer) {
        let size = unit.bytes.readableBytes
        let room = writer.limit - 2
        let count = (size + room - 1) / room
        guard count <= 255 else { return }
        Self.cut(unit, lead: 2, &writer, &frames) { part in
            let type: UInt8 = count == 1 ? 0 : part.offset > 0 ? 3 : room * 8 >= size * 5 ? 1 : 2
            return (RTPLead(type, UInt8(truncatingIfNeeded: count)), marker: part.isLast)
        }
    }

    /// RFC 4598 section 4.1: F for fragments and the number of frames, or of the frame's fragments.
    static func writeEAC3(_ unit: RTPUnit, _ writer: inout RTPPacketWriter, _ frames: inout ByteBuffer) {
        let room = writer.limit - 2
        let count = (unit.bytes.readableBytes + room - 1) / room
        guard count <= 255 else { return }
        Self.cut(unit, lead: 2, &writer, &frames) { part in
            (RTPLead(count == 1 ? 0 : 1, UInt8(truncatingIfNeeded: count)), marker: part.isLast)
        }
    }

    /// RFC 3551 sections 4.5.11 and 4.5.14: samples without a header, cut between two of them; each packet has the
    /// timestamp of its first. `size` is that of a sample of one channel, bytes.
    static func writeSamples(_ unit: RTPUnit, size: Int, _ writer: inout RTPPacketWriter, _ frames: inout ByteBuffer) {
        let sample = size * (writer.track.channels ?? 1)
        let room = writer.limit / sample * sample
        guard room > 0 else { return }
        var rest = unit.bytes
        var timestamp = unit.timestamp
        while let part = rest.readSlice(length: min(room, rest.readableBytes)), part.readableBytes > 0 {
            writer.write(RTPLead(), part, timestamp: timestamp, marker: false, into: &frames)
            timestamp &+= UInt32(truncatingIfNeeded: part.readableBytes / sample)
        }
    }

    private struct Part {
        var offset: Int
        var isLast: Bool
    }

    private static func cut(
        _ unit: RTPUnit,
        lead size: Int,
        _ writer: inout RTPPacketWriter,
        _ frames: inout ByteBuffer,
        _ lead: (Part) -> (RTPLead, marker: Bool)
    ) {
        var rest = unit.bytes
        var offset = 0
        while let part = rest.readSlice(length: min(writer.limit - size, rest.readableBytes)), part.readableBytes > 0 {
            let (head, marker) = lead(Part(offset: offset, isLast: rest.readableBytes == 0))
            writer.write(head, part, timestamp: unit.timestamp, marker: marker, into: &frames)
            offset += part.readableBytes
        }
    }
}

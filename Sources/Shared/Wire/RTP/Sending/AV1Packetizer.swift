import Media
import NIOCore

/// AV1: the RTP payload format of the Alliance for Open Media, section 4. Layers are not told apart.
enum AV1Packetizer {
    /// Bytes of the longest length in front of an element that fits a packet.
    private static let lengthSize = 2

    /// `header` is the sequence header for a temporal unit that a decoder can start at and that may have none.
    static func write(
        _ unit: RTPUnit,
        header: ByteBuffer?,
        _ writer: inout RTPPacketWriter,
        _ frames: inout ByteBuffer
    ) {
        guard var elements = Self.elements(of: unit.bytes), !elements.isEmpty else { return }
        if let header, !elements.contains(where: { Self.kind(of: $0) == 1 }), let own = Self.elements(of: header) {
            elements.insert(contentsOf: own, at: 0)
        }
        let isStart = elements.contains { Self.kind(of: $0) == 1 }

        var body = ByteBuffer()
        // Section 4.4: Z the first element goes on from the packet before, Y the last goes on in the next, N a coded video
        // sequence starts. W is zero: a length is in front of every element.
        var aggregation: UInt8 = isStart ? 0x08 : 0
        for (index, element) in elements.enumerated() {
            var rest = element
            while rest.readableBytes > 0 {
                let room = writer.limit - 1 - body.readableBytes - Self.lengthSize
                guard room > 0 else {
                    Self.flush(&body, &aggregation, goesOn: false, unit, marker: false, &writer, &frames)
                    continue
                }
                let count = min(room, rest.readableBytes)
                Self.writeLength(count, into: &body)
                if let part = rest.readSlice(length: count) { body.writeImmutableBuffer(part) }
                guard rest.readableBytes > 0 else { break }
                Self.flush(&body, &aggregation, goesOn: true, unit, marker: false, &writer, &frames)
            }
            if index == elements.count - 1 {
                Self.flush(&body, &aggregation, goesOn: false, unit, marker: true, &writer, &frames)
            }
        }
    }

    private static func flush(
        _ body: inout ByteBuffer,
        _ aggregation: inout UInt8,
        goesOn: Bool,
        _ unit: RTPUnit,
        marker: Bool,
        _ writer: inout RTPPacketWriter,
        _ frames: inout ByteBuffer
    ) {
        let lead = RTPLead(aggregation | (goesOn ? 0x40 : 0))
        writer.write(lead, body, timestamp: unit.timestamp, marker: marker, into: &frames)
        body = ByteBuffer()
        aggregation = goesOn ? 0x80 : 0
    }

    /// The units without their sizes, as section 5 recommends; temporal delimiters, tile lists and padding are not sent.
    /// Nil when the sizes do not add up.
    private static func elements(of sample: ByteBuffer) -> [ByteBuffer]? {
        var units = AV1OBUs(sample)
        var elements: [ByteBuffer] = []
        while let unit = units.next() {
            guard ![2, 8, 15].contains(unit.kind),
                let header: UInt8 = sample.getInteger(at: unit.whole.lowerBound)
            else { continue }
            var element = ByteBuffer()
            element.reserveCapacity(unit.payload.count + 2)
            element.writeInteger(header & ~0x02)
            if header & 0x04 != 0 {
                element.writeImmutableBuffer(sample.part(unit.whole.lowerBound + 1..<unit.whole.lowerBound + 2))
            }
            element.writeImmutableBuffer(sample.part(unit.payload))
            elements.append(element)
        }
        return units.isWellFormed ? elements : nil
    }

    private static func kind(of element: ByteBuffer) -> UInt8 {
        (element.getInteger(at: element.readerIndex, as: UInt8.self) ?? 0) >> 3 & 0x0F
    }

    /// leb128(): AV1 specification section 4.10.5.
    private static func writeLength(_ length: Int, into bytes: inout ByteBuffer) {
        var rest = length
        while rest > 0x7F {
            bytes.writeInteger(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        bytes.writeInteger(UInt8(rest))
    }
}

import NIOCore

/// VP8 (RFC 7741) and VP9 (RFC 9628) without layers.
enum VPPacketizer {
    /// RFC 7741 section 4.2: one byte, S in the first packet; partitions are not told apart.
    static func writeVP8(_ unit: RTPUnit, _ writer: inout RTPPacketWriter, _ frames: inout ByteBuffer) {
        Self.cut(unit, lead: 1, &writer, &frames) { isFirst, _ in RTPLead(isFirst ? 0x10 : 0) }
    }

    /// RFC 9628 section 4.2: I P L F B E V Z and a picture ID of fifteen bits, in non-flexible mode.
    static func writeVP9(
        _ unit: RTPUnit,
        picture: UInt16,
        isKeyframe: Bool,
        _ writer: inout RTPPacketWriter,
        _ frames: inout ByteBuffer
    ) {
        let base: UInt8 = isKeyframe ? 0x80 : 0xC0
        Self.cut(unit, lead: 3, &writer, &frames) { isFirst, isLast in
            var lead = RTPLead(base | (isFirst ? 0x08 : 0) | (isLast ? 0x04 : 0))
            lead.append(picture | 0x8000)
            return lead
        }
    }

    private static func cut(
        _ unit: RTPUnit,
        lead size: Int,
        _ writer: inout RTPPacketWriter,
        _ frames: inout ByteBuffer,
        _ lead: (_ isFirst: Bool, _ isLast: Bool) -> RTPLead
    ) {
        var rest = unit.bytes
        var isFirst = true
        while let part = rest.readSlice(length: min(writer.limit - size, rest.readableBytes)), part.readableBytes > 0 {
            let isLast = rest.readableBytes == 0
            writer.write(
                lead(isFirst, isLast),
                part,
                timestamp: unit.timestamp,
                marker: isLast,
                into: &frames
            )
            isFirst = false
        }
    }
}

package import NIOCore

/// One RTP packet: RFC 3550 section 5.1.
package struct RTPPacket: Hashable, Sendable {
    package var marker: Bool
    /// 0 to 127.
    package var payloadType: UInt8
    package var sequence: UInt16
    package var timestamp: UInt32
    /// The synchronisation source.
    package var source: UInt32

    /// What comes after headers and before padding; shares the bytes it was read from.
    package var payload: ByteBuffer

    package static let version: UInt8 = 2
    package static let headerLength = 12

    package init(
        marker: Bool,
        payloadType: UInt8,
        sequence: UInt16,
        timestamp: UInt32,
        source: UInt32,
        payload: ByteBuffer
    ) {
        self.marker = marker
        self.payloadType = payloadType
        self.sequence = sequence
        self.timestamp = timestamp
        self.source = source
        self.payload = payload
    }

    /// Reads the readable bytes as one packet. Contributing sources and header extensions are passed over.
    package init(_ bytes: ByteBuffer) throws(RTPError) {
        let start = bytes.readerIndex
        guard
            let head = bytes.getInteger(at: start, as: UInt32.self),
            let timestamp = bytes.getInteger(at: start + 4, as: UInt32.self),
            let source = bytes.getInteger(at: start + 8, as: UInt32.self)
        else { throw .truncated("header", bytes.readableBytes) }
        guard head >> 30 == UInt32(Self.version) else { throw .version(UInt8(head >> 30)) }
        var index = start + Self.headerLength + 4 * Int(head >> 24 & 0x0F)
        var end = bytes.writerIndex
        if head & 0x1000_0000 != 0 {
            guard let length = bytes.getInteger(at: index + 2, as: UInt16.self) else {
                throw .truncated("header extension", bytes.readableBytes)
            }
            index += 4 + 4 * Int(length)
        }
        guard index <= end else { throw .truncated("header", bytes.readableBytes) }
        if head & 0x2000_0000 != 0 {
            let padding = bytes.getInteger(at: end - 1, as: UInt8.self).map(Int.init) ?? 0
            guard padding > 0, padding <= end - index else { throw .padding(padding) }
            end -= padding
        }
        // Both ends lie within the packet.
        let payload = bytes.getSlice(at: index, length: end - index) ?? ByteBuffer()
        self.marker = head & 0x80_0000 != 0
        self.payloadType = UInt8(truncatingIfNeeded: head >> 16 & 0x7F)
        self.sequence = UInt16(truncatingIfNeeded: head)
        self.timestamp = timestamp
        self.source = source
        self.payload = payload
    }

    /// Whether a packet that came where RTP is expected is RTCP on a shared port: RFC 5761 section 4.
    package static func isControl(_ bytes: ByteBuffer) -> Bool {
        guard let second = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt8.self) else { return false }
        return (192...223).contains(second)
    }

    /// Writes the twelve bytes of the header; a payload of ``payload`` follows them.
    package func writeHeader(into bytes: inout ByteBuffer) {
        bytes.writeMultipleIntegers(
            Self.version << 6,
            (self.marker ? 0x80 : 0) | self.payloadType & 0x7F,
            self.sequence,
            self.timestamp,
            self.source
        )
    }
}

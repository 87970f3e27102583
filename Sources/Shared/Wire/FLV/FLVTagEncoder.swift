package import NIOCore

/// Writes tags as an FLV file or an HTTP-FLV body has them (FLV 10.1 annex E.2 to E.4).
package struct FLVTagEncoder: Sendable {
    package init() {}

    /// Bytes that a tag adds to its body.
    package static let overhead = 11 + 4

    /// The longest body that a tag can have.
    package static let longestBody = 0xFF_FFFF

    /// The file's header and the size of the tag before the first.
    package func fileHeader(hasAudio: Bool, hasVideo: Bool) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeBytes("FLV".utf8)
        bytes.writeInteger(UInt8(1))
        bytes.writeInteger(UInt8((hasAudio ? 0x04 : 0) | (hasVideo ? 0x01 : 0)))
        bytes.writeInteger(UInt32(9))
        bytes.writeInteger(UInt32(0))
        return bytes
    }

    package func write(_ tag: FLVTag, into bytes: inout ByteBuffer) {
        self.write(
            FLVTagParts(kind: tag.kind, timestamp: tag.timestamp, header: ByteBuffer(), payload: tag.body),
            into: &bytes
        )
    }

    /// Writes the tag with its own header before and its size behind; copies the payload, once.
    package func write(_ tag: FLVTagParts, into bytes: inout ByteBuffer) {
        let length = tag.bodyLength
        precondition(length <= Self.longestBody, "a tag's length has 24 bits")
        bytes.reserveCapacity(minimumWritableBytes: length + Self.overhead)
        bytes.writeInteger(UInt32(tag.kind.rawValue) << 24 | UInt32(length))
        bytes.writeInteger(tag.timestamp << 8 | tag.timestamp >> 24)
        bytes.writeRepeatingByte(0, count: 3)
        bytes.writeImmutableBuffer(tag.header)
        bytes.writeImmutableBuffer(tag.payload)
        bytes.writeInteger(UInt32(length + 11))
    }
}

package import NIOCore

/// Cuts messages into chunks (RTMP 1.0 section 5.3).
///
/// Every message begins with a full header (type 0), so its bytes mean the same after any others: a viewer can join at
/// any message, and all viewers can share the bytes.
package struct RTMPChunkEncoder: Hashable, Sendable {
    /// What both sides cut by until they say otherwise.
    package static let initialChunkSize = 128

    /// Bytes of a message between two headers; the peer must have been told by a Set Chunk Size.
    package var chunkSize: Int

    package init(chunkSize: Int = RTMPChunkEncoder.initialChunkSize) {
        precondition(chunkSize > 0 && chunkSize <= Int(Int32.max), "a chunk size that RTMP cannot say")
        self.chunkSize = chunkSize
    }

    package func write(_ message: RTMPMessage, into bytes: inout ByteBuffer) {
        self.write(
            message.payload,
            type: message.type,
            streamID: message.streamID,
            timestamp: message.timestamp,
            into: &bytes
        )
    }

    /// Writes a tag as a message of the stream that every viewer of ours is given.
    package func write(_ tag: FLVTag, streamID: UInt32 = 1, into bytes: inout ByteBuffer) {
        self.write(
            tag.body,
            type: RTMPMessageType(rawValue: tag.kind.rawValue),
            streamID: streamID,
            timestamp: tag.timestamp,
            into: &bytes
        )
    }

    /// How many bytes a message of that many bytes of payload becomes.
    package func encodedBytes(payload: Int, timestamp: UInt32) -> Int {
        let extended = timestamp >= 0xFF_FFFF ? 4 : 0
        let continuations = payload > 0 ? (payload - 1) / self.chunkSize : 0
        return 12 + extended + payload + continuations * (1 + extended)
    }

    private func write(
        _ payload: ByteBuffer,
        type: RTMPMessageType,
        streamID: UInt32,
        timestamp: UInt32,
        into bytes: inout ByteBuffer
    ) {
        bytes.reserveCapacity(
            minimumWritableBytes: self.encodedBytes(payload: payload.readableBytes, timestamp: timestamp)
        )
        let chunkStream = Self.chunkStream(for: type)
        let isExtended = timestamp >= 0xFF_FFFF
        let field = isExtended ? 0xFF_FFFF : timestamp
        let length = UInt32(payload.readableBytes)
        precondition(length <= 0xFF_FFFF, "a message that RTMP cannot carry")
        bytes.writeMultipleIntegers(
            chunkStream,
            UInt8(field >> 16),
            UInt16(truncatingIfNeeded: field),
            UInt8(length >> 16),
            UInt16(truncatingIfNeeded: length),
            type.rawValue
        )
        bytes.writeInteger(streamID, endianness: .little)
        if isExtended {
            bytes.writeInteger(timestamp)
        }
        var rest = payload
        while let chunk = rest.readSlice(length: min(self.chunkSize, rest.readableBytes)) {
            bytes.writeImmutableBuffer(chunk)
            guard rest.readableBytes > 0 else { break }
            bytes.writeInteger(0xC0 | chunkStream)
            if isExtended {
                // Adobe's servers repeat it, and most readers wait for it, although the specification leaves it open.
                bytes.writeInteger(timestamp)
            }
        }
    }

    /// One chunk stream a kind, as Adobe's servers do: control 2, commands 3, audio 4, data 5, video 6.
    private static func chunkStream(for type: RTMPMessageType) -> UInt8 {
        switch type {
        case .audio: 4
        case .video, .aggregate: 6
        case .dataAMF0, .dataAMF3: 5
        case .commandAMF0, .commandAMF3: 3
        default: 2
        }
    }
}

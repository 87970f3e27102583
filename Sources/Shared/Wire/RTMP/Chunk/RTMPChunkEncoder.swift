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
        let length = message.payload.readableBytes
        var chunks = self.begin(message.type, message.streamID, message.timestamp, length, into: &bytes)
        chunks.write(message.payload, into: &bytes)
    }

    /// Writes a tag as a message of the stream that every viewer of ours is given.
    package func write(_ tag: FLVTag, streamID: UInt32 = 1, into bytes: inout ByteBuffer) {
        let type = RTMPMessageType(rawValue: tag.kind.rawValue)
        var chunks = self.begin(type, streamID, tag.timestamp, tag.body.readableBytes, into: &bytes)
        chunks.write(tag.body, into: &bytes)
    }

    /// The same for a tag in two pieces.
    package func write(_ tag: FLVTagParts, streamID: UInt32 = 1, into bytes: inout ByteBuffer) {
        let type = RTMPMessageType(rawValue: tag.kind.rawValue)
        var chunks = self.begin(type, streamID, tag.timestamp, tag.bodyLength, into: &bytes)
        chunks.write(tag.header, into: &bytes)
        chunks.write(tag.payload, into: &bytes)
    }

    /// How many bytes a message of that many bytes of payload becomes.
    package func encodedBytes(payload: Int, timestamp: UInt32) -> Int {
        let extended = timestamp >= 0xFF_FFFF ? 4 : 0
        let continuations = payload > 0 ? (payload - 1) / self.chunkSize : 0
        return 12 + extended + payload + continuations * (1 + extended)
    }

    /// Writes the header of a message.
    private func begin(
        _ type: RTMPMessageType,
        _ streamID: UInt32,
        _ timestamp: UInt32,
        _ count: Int,
        into bytes: inout ByteBuffer
    ) -> Chunks {
        precondition(count <= 0xFF_FFFF, "a message that RTMP cannot carry")
        bytes.reserveCapacity(minimumWritableBytes: self.encodedBytes(payload: count, timestamp: timestamp))
        let chunkStream = Self.chunkStream(for: type)
        let isExtended = timestamp >= 0xFF_FFFF
        let field = isExtended ? 0xFF_FFFF : timestamp
        let length = UInt32(count)
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
        return Chunks(
            size: self.chunkSize,
            header: 0xC0 | chunkStream,
            // Adobe's servers repeat it, and most readers wait for it, although the specification leaves it open.
            timestamp: isExtended ? timestamp : nil,
            room: self.chunkSize
        )
    }

    /// A message in the middle of being cut.
    private struct Chunks {
        let size: Int
        let header: UInt8
        let timestamp: UInt32?

        /// Bytes that the present chunk can still take.
        var room: Int

        mutating func write(_ piece: ByteBuffer, into bytes: inout ByteBuffer) {
            var rest = piece
            while rest.readableBytes > 0 {
                if self.room == 0 {
                    bytes.writeInteger(self.header)
                    if let timestamp = self.timestamp {
                        bytes.writeInteger(timestamp)
                    }
                    self.room = self.size
                }
                guard let chunk = rest.readSlice(length: min(self.room, rest.readableBytes)) else { return }
                bytes.writeImmutableBuffer(chunk)
                self.room -= chunk.readableBytes
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

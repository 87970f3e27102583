import NIOCore
import Toolkit
import Wire

/// Bytes from hexadecimal digits; anything else between them is for the reader.
func hex(_ text: String) -> ByteBuffer {
    ByteBuffer(hex: text)
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) })
    }
}

extension ByteBuffer {
    /// The bytes in pieces that end at those places.
    func cut(at places: [Int]) -> [ByteBuffer] {
        var rest = self
        var pieces: [ByteBuffer] = []
        for place in places + [self.readableBytes] {
            let count = place - (self.readableBytes - rest.readableBytes)
            pieces.append(rest.readSlice(length: count) ?? ByteBuffer())
        }
        return pieces
    }

    /// The bytes one at a time.
    var single: [ByteBuffer] { self.readableBytesView.map { ByteBuffer(bytes: [$0]) } }

    static func + (left: ByteBuffer, right: ByteBuffer) -> ByteBuffer {
        var both = left
        both.writeImmutableBuffer(right)
        return both
    }
}

extension RTMPChunkDecoder {
    /// All messages in those pieces, with what a piece leaves unread put before the next.
    mutating func messages(in pieces: [ByteBuffer]) throws(RTMPError) -> [RTMPMessage] {
        var messages: [RTMPMessage] = []
        var rest = ByteBuffer()
        for piece in pieces {
            rest.writeImmutableBuffer(piece)
            while let message = try self.next(from: &rest) {
                messages.append(message)
            }
        }
        return messages
    }
}

extension RTMPMessage {
    static func video(_ timestamp: UInt32, _ payload: ByteBuffer) -> RTMPMessage {
        RTMPMessage(type: .video, streamID: 1, timestamp: timestamp, payload: payload)
    }

    static func audio(_ timestamp: UInt32, _ payload: ByteBuffer) -> RTMPMessage {
        RTMPMessage(type: .audio, streamID: 1, timestamp: timestamp, payload: payload)
    }
}

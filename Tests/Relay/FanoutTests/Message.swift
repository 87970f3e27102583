import Media
import NIOCore
import Tape

/// A record that can be checked by itself: length, sequence, kind, a body that follows from them, a checksum.
enum Message {
    static let overhead = 4 + 8 + 1 + 8

    static func bytes(_ sequence: Int, join: Bool, body count: Int) -> ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(capacity: count + self.overhead)
        bytes.writeInteger(UInt32(count))
        bytes.writeInteger(UInt64(sequence))
        bytes.writeInteger(UInt8(join ? 1 : 0))
        bytes.writeRepeatingByte(UInt8(truncatingIfNeeded: sequence &* 31 &+ 7), count: count)
        bytes.writeInteger(self.checksum(UInt64(sequence), UInt32(count)))
        return bytes
    }

    private static func checksum(_ sequence: UInt64, _ count: UInt32) -> UInt64 {
        (sequence &* 0x9e37_79b9_7f4a_7c15) ^ (UInt64(count) &* 0xff51_afd7_ed55_8ccd)
    }

    struct Received: Hashable {
        var sequence: Int
        var isJoin: Bool
    }

    /// The messages in the bytes, nil when they are not whole messages from their first byte to their last.
    static func parse(_ bytes: some Sequence<UInt8>) -> [Received]? {
        var buffer = ByteBuffer(bytes: Array(bytes))
        var found: [Received] = []
        while buffer.readableBytes > 0 {
            guard let count: UInt32 = buffer.readInteger(), let sequence: UInt64 = buffer.readInteger(),
                let join: UInt8 = buffer.readInteger(), join < 2, let body = buffer.readSlice(length: Int(count)),
                let sum: UInt64 = buffer.readInteger(), sum == self.checksum(sequence, count),
                body == ByteBuffer(repeating: UInt8(truncatingIfNeeded: sequence &* 31 &+ 7), count: Int(count))
            else { return nil }
            found.append(Received(sequence: Int(sequence), isJoin: join == 1))
        }
        return found
    }
}

extension WireTape {
    /// Appends messages `first..<first + count`, each `every`th of them a join, and publishes each.
    func write(_ range: Range<Int>, joinEvery every: Int = 10, body: Int = 100) throws {
        for sequence in range {
            let isJoin = sequence % every == 0
            let bytes = Message.bytes(sequence, join: isJoin, body: body + sequence % 7)
            try self.append(bytes, time: .milliseconds(Int64(sequence)), join: isJoin)
            self.publish()
        }
    }
}

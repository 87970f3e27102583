import Media
import NIOCore

/// RFC 7741.
struct VP8Format: FrameFormat {
    static var codec: Codec { .vp8 }

    struct Piece: FramePiece {
        let isFirst: Bool
        let content: ByteBuffer

        var startsUnit: Bool { self.isFirst }

        /// The descriptor of section 4.2.
        init?(_ payload: ByteBuffer) {
            var rest = payload
            guard let first = rest.readInteger(as: UInt8.self) else { return nil }
            if first & 0x80 != 0 {
                guard let extensions = rest.readInteger(as: UInt8.self) else { return nil }
                if extensions & 0x80 != 0 {
                    // A picture number of 7 or 15 bits.
                    guard let number = rest.readInteger(as: UInt8.self) else { return nil }
                    if number & 0x80 != 0, rest.readInteger(as: UInt8.self) == nil { return nil }
                }
                if extensions & 0x40 != 0, rest.readInteger(as: UInt8.self) == nil { return nil }
                if extensions & 0x30 != 0, rest.readInteger(as: UInt8.self) == nil { return nil }
            }
            guard rest.readableBytes > 0 else { return nil }
            // The first packet of the first partition.
            self.isFirst = first & 0x17 == 0x10
            self.content = rest
        }
    }

    mutating func begin() {}

    mutating func append(_ piece: Piece, to bytes: inout ByteBuffer) -> Bool {
        bytes.writeImmutableBuffer(piece.content)
        return true
    }

    var isWhole: Bool { true }
}

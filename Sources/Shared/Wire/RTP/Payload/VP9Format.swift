import Media
import NIOCore

/// RFC 9628. Spatial layers of one picture are put together into one superframe, as libvpx would have written them.
struct VP9Format: FrameFormat {
    static var codec: Codec { .vp9 }

    struct Piece: FramePiece {
        let startsLayer: Bool
        let endsLayer: Bool
        let layer: Int
        let content: ByteBuffer

        var startsUnit: Bool { self.startsLayer }
        var isFirst: Bool { self.startsLayer && self.layer == 0 }

        /// The descriptor of section 4.2.
        init?(_ payload: ByteBuffer) {
            var rest = payload
            guard let first = rest.readInteger(as: UInt8.self) else { return nil }
            let isFlexible = first & 0x10 != 0
            if first & 0x80 != 0 {
                guard let number = rest.readInteger(as: UInt8.self) else { return nil }
                if number & 0x80 != 0, rest.readInteger(as: UInt8.self) == nil { return nil }
            }
            var layer = 0
            if first & 0x20 != 0 {
                guard let layers = rest.readInteger(as: UInt8.self) else { return nil }
                layer = Int(layers >> 1 & 7)
                if !isFlexible, rest.readInteger(as: UInt8.self) == nil { return nil }
            }
            if isFlexible, first & 0x40 != 0 {
                var count = 0
                while true {
                    guard let difference = rest.readInteger(as: UInt8.self), count < 3 else { return nil }
                    count += 1
                    if difference & 1 == 0 { break }
                }
            }
            if first & 0x02 != 0, !Self.skipStructure(&rest) { return nil }
            guard rest.readableBytes > 0 else { return nil }
            self.startsLayer = first & 0x08 != 0
            self.endsLayer = first & 0x04 != 0
            self.layer = layer
            self.content = rest
        }

        /// Section 4.2.1: sizes of layers and a description of pictures, which the frames themselves tell as well.
        private static func skipStructure(_ bytes: inout ByteBuffer) -> Bool {
            guard let head = bytes.readInteger(as: UInt8.self) else { return false }
            if head & 0x10 != 0 {
                let length = 4 * (Int(head >> 5) + 1)
                guard bytes.readSlice(length: length) != nil else { return false }
            }
            guard head & 0x08 != 0 else { return true }
            guard let count = bytes.readInteger(as: UInt8.self) else { return false }
            for _ in 0..<count {
                guard let picture = bytes.readInteger(as: UInt8.self),
                    bytes.readSlice(length: Int(picture >> 2 & 3)) != nil
                else { return false }
            }
            return true
        }
    }

    /// Bytes of the layers that are whole.
    private var sizes: [Int] = []
    private var open: (layer: Int, size: Int)?

    mutating func begin() {
        self.sizes.removeAll(keepingCapacity: true)
        self.open = nil
    }

    mutating func append(_ piece: Piece, to bytes: inout ByteBuffer) -> Bool {
        if piece.startsLayer {
            guard self.open == nil, self.sizes.count < 8 else { return false }
            self.open = (piece.layer, 0)
        }
        guard let open = self.open, open.layer == piece.layer else { return false }
        bytes.writeImmutableBuffer(piece.content)
        let size = open.size + piece.content.readableBytes
        if piece.endsLayer {
            self.sizes.append(size)
            self.open = nil
            if self.sizes.count > 1 { self.index(&bytes) }
        } else {
            self.open = (open.layer, size)
        }
        return true
    }

    /// Replaces the superframe's index, which ends it, by one of all layers so far: VP9 specification annex B.
    private func index(_ bytes: inout ByteBuffer) {
        // Where a second layer came, the first had no index yet; a third comes behind the second's.
        let content = self.sizes.reduce(0, +)
        guard content <= bytes.readableBytes, content <= Int(UInt32.max) else { return }
        if self.sizes.count > 2, let last = self.sizes.last {
            let before = content - last
            let stale = bytes.readableBytes - content
            guard let layer = bytes.getSlice(at: bytes.readerIndex + before + stale, length: last) else { return }
            bytes.moveWriterIndex(to: bytes.readerIndex + before)
            bytes.writeImmutableBuffer(layer)
        }
        let marker = UInt8(0xC0 | 3 << 3 | (self.sizes.count - 1))
        bytes.writeInteger(marker)
        for size in self.sizes { bytes.writeInteger(UInt32(truncatingIfNeeded: size), endianness: .little) }
        bytes.writeInteger(marker)
    }

    var isWhole: Bool { self.open == nil && !self.sizes.isEmpty }
}

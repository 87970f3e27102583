import Media
import NIOCore

/// RTP Payload Format For AV1, version 1.0 of the Alliance for Open Media. The open bitstream units come without their
/// sizes, which are put back.
struct AV1Format: FrameFormat {
    static var codec: Codec { .av1 }

    struct Piece: FramePiece {
        /// The first element goes on with the last one of the packet before.
        let continues: Bool
        /// The last element goes on in the next packet.
        let isContinued: Bool
        let elements: [ByteBuffer]

        /// Units of one packet; a temporal unit has few.
        private static let elementLimit = 64

        /// The aggregation header and the elements: section 4.4.
        init?(_ payload: ByteBuffer) {
            var rest = payload
            guard let header = rest.readInteger(as: UInt8.self) else { return nil }
            let count = Int(header >> 4 & 3)
            var elements: [ByteBuffer] = []
            while rest.readableBytes > 0 {
                guard elements.count < Self.elementLimit else { return nil }
                // With a count the last element has no length.
                if count > 0, elements.count == count - 1 {
                    elements.append(rest)
                    rest.moveReaderIndex(to: rest.writerIndex)
                    break
                }
                guard let length = Self.length(&rest), let element = rest.readSlice(length: length) else { return nil }
                elements.append(element)
            }
            guard !elements.isEmpty, count == 0 || count == elements.count else { return nil }
            self.continues = header & 0x80 != 0
            self.isContinued = header & 0x40 != 0
            self.elements = elements
        }

        /// `leb128()`: AV1 specification section 4.10.5.
        private static func length(_ bytes: inout ByteBuffer) -> Int? {
            var value = 0
            for place in 0..<5 {
                guard let byte = bytes.readInteger(as: UInt8.self) else { return nil }
                value |= Int(byte & 0x7F) << (7 * place)
                if byte & 0x80 == 0 { return value }
            }
            return nil
        }

        var startsUnit: Bool { !self.continues }

        /// Senders may begin a packet with every unit. Only a sequence header or a delimiter is sure to be the first.
        var isFirst: Bool {
            guard !self.continues, let element = self.elements.first,
                let header = element.getInteger(at: element.readerIndex, as: UInt8.self)
            else { return false }
            return [1, 2].contains(header >> 3 & 0x0F)
        }
    }

    /// A unit of which more is to come.
    private var open: ByteBuffer?

    mutating func begin() {
        self.open = nil
    }

    mutating func append(_ piece: Piece, to bytes: inout ByteBuffer) -> Bool {
        guard piece.continues == (self.open != nil) else { return false }
        for (index, element) in piece.elements.enumerated() {
            var unit = element
            if index == 0, var open = self.open.take() {
                open.writeImmutableBuffer(element)
                unit = open
            }
            if index == piece.elements.count - 1, piece.isContinued {
                self.open = unit
            } else if !Self.write(unit, into: &bytes) {
                return false
            }
        }
        return true
    }

    var isWhole: Bool { self.open == nil }

    /// Writes a unit with its size; delimiters and tile lists are left out (section 5).
    private static func write(_ unit: ByteBuffer, into bytes: inout ByteBuffer) -> Bool {
        var rest = unit
        // Empty ones say nothing.
        guard let header = rest.readInteger(as: UInt8.self) else { return true }
        guard header & 0x80 == 0 else { return false }
        let kind = header >> 3 & 0x0F
        if kind == 2 || kind == 8 || kind == 15 { return true }
        if header & 0x02 != 0 {
            // Senders ought to leave sizes out; those that do not are right as they stand.
            bytes.writeImmutableBuffer(unit)
            return true
        }
        bytes.writeInteger(header | 0x02)
        if header & 0x04 != 0 {
            guard let layers = rest.readInteger(as: UInt8.self) else { return false }
            bytes.writeInteger(layers)
        }
        var size = rest.readableBytes
        repeat {
            let byte = UInt8(size & 0x7F)
            size >>= 7
            bytes.writeInteger(size > 0 ? byte | 0x80 : byte)
        } while size > 0
        bytes.writeImmutableBuffer(rest)
        return true
    }
}

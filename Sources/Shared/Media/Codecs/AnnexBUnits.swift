package import NIOCore

/// The NAL units of a byte stream (ITU-T H.264 and H.265 annex B), as ranges of its bytes, so that walking copies nothing.
package struct AnnexBUnits: Sequence, IteratorProtocol, Sendable {
    private let bytes: ByteBuffer
    /// Where the next unit begins, behind its start code.
    private var start: Int?

    /// - Parameter bytes: The byte stream: the readable bytes, from a start code on. What stands before the first one
    ///   is passed over.
    package init(_ bytes: ByteBuffer) {
        self.bytes = bytes
        self.start = Self.startCode(in: bytes, from: bytes.readerIndex).map { $0 + 3 }
    }

    /// The place of the next unit that is not empty, its header included, in the indices of the buffer.
    package mutating func next() -> Range<Int>? {
        while let start = self.start {
            let code = Self.startCode(in: self.bytes, from: start)
            self.start = code.map { $0 + 3 }
            // Zeros before a start code belong to it, or fill; a unit never ends with one (section 7.4.1.1).
            let end = self.trimmed(start..<(code ?? self.bytes.writerIndex))
            if end > start { return start..<end }
        }
        return nil
    }

    private func trimmed(_ range: Range<Int>) -> Int {
        var end = range.upperBound
        while end > range.lowerBound, self.bytes.getInteger(at: end - 1, as: UInt8.self) == 0 { end -= 1 }
        return end
    }

    /// The place of the first 0x000001 at or behind `index`.
    static func startCode(in bytes: ByteBuffer, from index: Int) -> Int? {
        let origin = bytes.readerIndex
        let span = bytes.readableBytesUInt8Span
        // Steps over three bytes wherever the third cannot be part of a start code that begins earlier.
        var place = index - origin + 2
        while place < span.count {
            switch span[place] {
            case 1 where span[place - 1] == 0 && span[place - 2] == 0: return origin + place - 2
            case 0: place += 1
            default: place += 3
            }
        }
        return nil
    }
}

extension ByteBuffer {
    /// Writes a NAL unit behind its length in four bytes, as samples hold them when their configuration says so.
    package mutating func writeSampleUnit(_ unit: ByteBuffer) {
        self.writeInteger(UInt32(truncatingIfNeeded: unit.readableBytes))
        self.writeImmutableBuffer(unit)
    }
}

package import NIOCore

/// The open bitstream units of a temporal unit or of `av1C` (AV1 specification section 5.3), as ranges of the bytes.
package struct AV1OBUs: Sequence, IteratorProtocol, Sendable {
    package struct Unit: Hashable, Sendable {
        /// `obu_type`: 1 sequence header, 2 temporal delimiter, 3 frame header, 6 frame, …
        package var kind: Int
        /// Header, size and payload.
        package var whole: Range<Int>
        package var payload: Range<Int>
    }

    private let bytes: ByteBuffer
    private var index: Int

    /// False once a unit has reached beyond the end; known after the last unit was given.
    package private(set) var isWellFormed = true

    package init(_ bytes: ByteBuffer) {
        self.bytes = bytes
        self.index = bytes.readerIndex
    }

    package mutating func next() -> Unit? {
        guard self.isWellFormed, self.index < self.bytes.writerIndex else { return nil }
        guard let unit = self.unit() else {
            self.isWellFormed = false
            return nil
        }
        self.index = unit.whole.upperBound
        return unit
    }

    private func unit() -> Unit? {
        let start = self.index
        let end = self.bytes.writerIndex
        guard let header = self.bytes.getInteger(at: start, as: UInt8.self), header & 0x80 == 0 else { return nil }
        var payload = start + (header & 0x04 != 0 ? 2 : 1)
        var size = end - payload
        // Without a size the unit is the last one and takes the rest (ISO BMFF allows that).
        if header & 0x02 != 0 {
            var value = 0
            var shift = 0
            repeat {
                guard shift < 32, let byte = self.bytes.getInteger(at: payload, as: UInt8.self) else { return nil }
                value |= Int(byte & 0x7F) << shift
                shift += 7
                payload += 1
                if byte & 0x80 == 0 { break }
            } while true
            size = value
        }
        guard size >= 0, payload <= end, size <= end - payload else { return nil }
        return Unit(kind: Int(header >> 3 & 0x0F), whole: start..<(payload + size), payload: payload..<(payload + size))
    }
}

/// What can be seen of an AV1 temporal unit without decoding it.
package struct AV1TemporalUnit: Sendable {
    /// The unit as ISO BMFF stores it, without the temporal delimiters that lead it elsewhere.
    package var sample: ByteBuffer

    /// A shown key frame comes first: a decoder can start here.
    package var isKeyframe: Bool

    /// The sequence header with its OBU header, where the unit carries one.
    package var sequenceHeader: ByteBuffer?

    /// Nil when the units' sizes do not add up.
    package init?(_ bytes: ByteBuffer) {
        self.sample = bytes
        self.isKeyframe = false
        var units = AV1OBUs(bytes)
        var sawFrame = false
        while let unit = units.next() {
            switch unit.kind {
            case 1:
                self.sequenceHeader = bytes.getSlice(at: unit.whole.lowerBound, length: unit.whole.count)
            case 2 where unit.whole.lowerBound == self.sample.readerIndex:
                self.sample.moveReaderIndex(to: unit.whole.upperBound)
            case 3 where !sawFrame, 6 where !sawFrame:
                sawFrame = true
                // show_existing_frame 0, frame_type KEY_FRAME, show_frame 1: section 5.9.2. A key frame that is shown
                // later only is none to start at.
                let first = bytes.getInteger(at: unit.payload.lowerBound, as: UInt8.self) ?? 0xFF
                self.isKeyframe = !unit.payload.isEmpty && first & 0xF0 == 0x10
            default:
                break
            }
        }
        guard units.isWellFormed else { return nil }
    }
}

package import NIOCore

/// The NAL units of an access unit in ISO BMFF form, each after its length (ISO/IEC 14496-15 section 5.3.3.1), as
/// ranges of the access unit's bytes, so that walking copies nothing.
package struct NALUnits: Sequence, IteratorProtocol, Sendable {
    private let sample: ByteBuffer
    private let lengthSize: Int
    private var index: Int

    /// False once a length has reached beyond the access unit's end; known after the last unit was given.
    package private(set) var isWellFormed = true

    /// - Parameters:
    ///   - sample: The access unit: the readable bytes.
    ///   - lengthSize: Bytes in a length: 1, 2 or 4, as the configuration record says.
    package init(_ sample: ByteBuffer, lengthSize: Int) {
        self.sample = sample
        self.lengthSize = lengthSize
        self.index = sample.readerIndex
    }

    /// The place of the next unit that is not empty, its header included, in the indices of the buffer.
    package mutating func next() -> Range<Int>? {
        while self.index < self.sample.writerIndex {
            guard let length = self.length(), length <= self.sample.writerIndex - self.index - self.lengthSize else {
                self.isWellFormed = false
                self.index = self.sample.writerIndex
                return nil
            }
            let start = self.index + self.lengthSize
            self.index = start + length
            if length > 0 { return start..<self.index }
        }
        return nil
    }

    private func length() -> Int? {
        switch self.lengthSize {
        case 1: self.sample.getInteger(at: self.index, as: UInt8.self).map(Int.init)
        case 2: self.sample.getInteger(at: self.index, as: UInt16.self).map(Int.init)
        case 4: self.sample.getInteger(at: self.index, as: UInt32.self).map(Int.init)
        default: nil
        }
    }
}

/// What an access unit is to a decoder that wants to start.
package enum RandomAccess: Hashable, Sendable {
    /// Everything after it decodes: an IDR picture, an IRAP picture, a key frame.
    case complete
    /// It resets nothing, but says that pictures recover from it on.
    case signalled
    /// It is made of intra slices, and says nothing of what comes after it.
    case recovering
    /// A decoder cannot start here.
    case none
}

extension ByteBuffer {
    /// The raw byte sequence payload of a NAL unit: without the 0x03 that follows two zero bytes (ITU-T H.264
    /// section 7.4.1).
    package func withoutEmulationPrevention() -> ByteBuffer {
        var payload = ByteBuffer()
        payload.reserveCapacity(self.readableBytes)
        var zeros = 0
        for byte in self.readableBytesView {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            payload.writeInteger(byte)
        }
        return payload
    }
}

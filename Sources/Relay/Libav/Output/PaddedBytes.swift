internal import NIOCore

/// Bytes followed by zeros: libav's bit readers and start code searches look a little past the end of what they get.
struct PaddedBytes {
    /// `AV_INPUT_BUFFER_PADDING_SIZE`.
    static let padding = 64
    private var storage = ByteBuffer()

    /// A copy of the payload with padding behind it, valid until the next call.
    mutating func hold(_ payload: ByteBuffer) -> ByteBuffer {
        self.hold { $0.writeImmutableBuffer(payload) }
    }

    /// What the closure writes, with padding behind it, valid until the next call.
    mutating func hold(_ write: (inout ByteBuffer) -> Void) -> ByteBuffer {
        self.storage.clear()
        write(&self.storage)
        let length = self.storage.readableBytes
        self.storage.writeRepeatingByte(0, count: Self.padding)
        return self.storage.getSlice(at: self.storage.readerIndex, length: length) ?? ByteBuffer()
    }
}

internal import NIOCore

/// Room for one payload followed by zeros: libav's bit readers look a few bytes past the end of what they are given.
struct PaddedBytes {
    /// `AV_INPUT_BUFFER_PADDING_SIZE`.
    static let padding = 64
    private var storage = ByteBuffer()

    /// The payload with padding behind it, valid until the next call.
    mutating func hold(_ payload: ByteBuffer) -> ByteBuffer {
        self.storage.clear()
        self.storage.writeImmutableBuffer(payload)
        self.storage.writeRepeatingByte(0, count: Self.padding)
        return self.storage.getSlice(at: self.storage.readerIndex, length: payload.readableBytes) ?? payload
    }
}

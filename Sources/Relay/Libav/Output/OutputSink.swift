internal import NIOCore

/// Where libav's write callback puts bytes. One muxer owns it, and libav calls only inside that muxer's own calls.
final class OutputSink {
    private var bytes = ByteBuffer()

    func append(_ chunk: UnsafeRawBufferPointer) {
        unsafe self.bytes.writeBytes(chunk)
    }

    /// What was written since the last time.
    func take() -> ByteBuffer {
        defer { self.bytes = ByteBuffer() }
        return self.bytes
    }
}

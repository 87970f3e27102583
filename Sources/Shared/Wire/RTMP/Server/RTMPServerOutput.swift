import NIOCore

/// Events as they come up, with neighbouring bytes in one buffer.
struct RTMPServerOutput {
    private var done: [RTMPServerEvent] = []
    private var bytes = ByteBuffer()

    mutating func send(_ message: RTMPMessage, by encoder: RTMPChunkEncoder) {
        encoder.write(message, into: &self.bytes)
    }

    mutating func send(_ bytes: ByteBuffer) {
        self.bytes.writeImmutableBuffer(bytes)
    }

    mutating func append(_ event: RTMPServerEvent) {
        self.flush()
        self.done.append(event)
    }

    var events: [RTMPServerEvent] {
        mutating get {
            self.flush()
            return self.done
        }
    }

    private mutating func flush() {
        guard self.bytes.readableBytes > 0 else { return }
        self.done.append(.send(self.bytes))
        self.bytes = ByteBuffer()
    }
}

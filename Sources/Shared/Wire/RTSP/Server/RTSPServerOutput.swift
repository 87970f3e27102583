import NIOCore

/// Events as they come up, with neighbouring bytes in one buffer.
struct RTSPServerOutput {
    private var done: [RTSPServerEvent] = []
    private var bytes = ByteBuffer()

    mutating func send(_ response: RTSPResponse) {
        RTSPMessageEncoder.write(response, into: &self.bytes)
    }

    mutating func append(_ event: RTSPServerEvent) {
        self.flush()
        self.done.append(event)
    }

    var events: [RTSPServerEvent] {
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

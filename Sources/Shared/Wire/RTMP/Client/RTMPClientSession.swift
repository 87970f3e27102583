package import NIOCore

/// A connection of ours to a server: bytes in, events and bytes out (RTMP 1.0).
package struct RTMPClientSession: Sendable {
    private enum State {
        case handshake(RTMPClientHandshake)
        /// Waits for the answer to `connect`.
        case connecting
        /// Waits for the stream that `createStream` makes.
        case creating
        /// Waits for the server's word that publishing or playing has begun.
        case starting(streamID: UInt32)
        case running(streamID: UInt32)
        case closed
    }

    /// The numbers of the calls whose answers matter, counted as ffmpeg and librtmp make them.
    static let connectCall = 1.0
    private var createStreamCall: Double { self.configuration.role == .publish ? 4 : 2 }

    let configuration: RTMPClientConfiguration
    private var state: State
    private(set) var encoder = RTMPChunkEncoder()
    private var decoder: RTMPChunkDecoder
    private var flow: RTMPFlow
    private var unread = ByteBuffer()

    /// The nonce is a random number, another for each session.
    package init(configuration: RTMPClientConfiguration, nonce: UInt64) {
        self.configuration = configuration
        self.state = .handshake(RTMPClientHandshake(nonce: nonce))
        self.flow = RTMPFlow(window: configuration.window)
        self.decoder = RTMPChunkDecoder(limits: configuration.limits)
    }

    /// The first bytes to send.
    package var hello: ByteBuffer {
        guard case .handshake(let handshake) = self.state else { return ByteBuffer() }
        return handshake.hello
    }

    /// Whether tags may be written.
    package var isReady: Bool {
        if case .running = self.state { true } else { false }
    }

    /// Takes the bytes of a read and says what they mean. After an error the connection is to be closed; what came before
    /// it in the same read is lost with it.
    package mutating func receive(_ new: ByteBuffer) throws(RTMPError) -> [RTMPClientEvent] {
        var bytes = new
        if self.unread.readableBytes > 0 {
            self.unread.writeImmutableBuffer(new)
            bytes = self.unread
            self.unread = ByteBuffer()
        }
        var events: [RTMPClientEvent] = []
        while try self.step(&bytes, into: &events) {}
        if let acknowledgement = self.flow.acknowledgement(at: self.decoder.offset) {
            self.send(acknowledgement, into: &events)
        }
        if bytes.readableBytes > 0 {
            // A copy, so that a header's first bytes do not hold a whole read.
            self.unread.writeImmutableBuffer(bytes)
        }
        return events
    }

    /// Writes a tag of the stream being published. Several may be written to one buffer before it is sent.
    package func write(_ tag: FLVTag, into bytes: inout ByteBuffer) {
        guard case .running(let streamID) = self.state else { return }
        guard tag.kind == .script else { return self.encoder.write(tag, streamID: streamID, into: &bytes) }
        var kept = tag
        kept.body = AMF0Encoder.encode("@setDataFrame")
        kept.body.writeImmutableBuffer(tag.body)
        self.encoder.write(kept, streamID: streamID, into: &bytes)
    }

    /// Ends the stream: the last bytes to send.
    package mutating func stop() -> ByteBuffer {
        var bytes = ByteBuffer()
        guard case .running(let streamID) = self.state else { return bytes }
        if self.configuration.role == .publish {
            let name = AMFValue.string(self.configuration.stream)
            self.encoder.write(RTMPCommand("FCUnpublish", nil, name).message(), into: &bytes)
        }
        let command = RTMPCommand("deleteStream", nil, .number(Double(streamID)))
        self.encoder.write(command.message(), into: &bytes)
        self.state = .closed
        return bytes
    }

    // MARK: - Reading

    private mutating func step(
        _ bytes: inout ByteBuffer,
        into events: inout [RTMPClientEvent]
    ) throws(RTMPError) -> Bool {
        switch self.state {
        case .handshake(let handshake):
            guard let answer = try handshake.answer(from: &bytes, at: 0) else { return false }
            events.append(.send(answer))
            self.decoder = RTMPChunkDecoder(limits: self.configuration.limits, offset: RTMPHandshake.bytes)
            self.state = .connecting
            self.send(self.connect.message(), into: &events)
            return true
        case .connecting, .creating, .starting, .running:
            guard let message = try self.decoder.next(from: &bytes) else { return false }
            try self.handle(message, into: &events)
            return true
        case .closed:
            bytes.clear()
            return false
        }
    }

    private mutating func handle(
        _ message: RTMPMessage,
        into events: inout [RTMPClientEvent]
    ) throws(RTMPError) {
        switch message.type {
        case .audio, .video, .dataAMF0, .dataAMF3, .aggregate:
            try self.play(message, into: &events)
        case .commandAMF0, .commandAMF3:
            do {
                guard let command = try RTMPCommand(message, limits: self.configuration.limits.amf) else { return }
                self.obey(command, into: &events)
            } catch {
                throw self.error(.malformedCommand(error))
            }
        default:
            do {
                guard let answer = try self.flow.answer(to: message) else { return }
                self.send(answer, into: &events)
            } catch {
                throw self.error(error)
            }
        }
    }

    private mutating func play(_ message: RTMPMessage, into events: inout [RTMPClientEvent]) throws(RTMPError) {
        guard self.configuration.role == .play else { return }
        guard message.type == .aggregate else {
            events += FLVTag(message).map { [.message($0)] } ?? []
            return
        }
        let parts: [RTMPMessage]
        do throws(RTMPError.Reason) {
            parts = try RTMPAggregate.split(message, limits: self.configuration.limits)
        } catch {
            throw self.error(error)
        }
        events += parts.lazy.compactMap { FLVTag($0) }.map { .message($0) }
    }

    private mutating func obey(_ command: RTMPCommand, into events: inout [RTMPClientEvent]) {
        switch (self.state, command.name) {
        case (.connecting, "_result") where command.transaction == Self.connectCall:
            self.state = .creating
            self.send(RTMPControl.setChunkSize(self.configuration.chunkSize).message, into: &events)
            self.encoder.chunkSize = self.configuration.chunkSize
            if self.configuration.role == .publish {
                let name = AMFValue.string(self.configuration.stream)
                self.send(RTMPCommand("releaseStream", transaction: 2, nil, name).message(), into: &events)
                self.send(RTMPCommand("FCPublish", transaction: 3, nil, name).message(), into: &events)
            }
            let create = RTMPCommand("createStream", transaction: self.createStreamCall, nil)
            self.send(create.message(), into: &events)
        case (.creating, "_result") where command.transaction == self.createStreamCall:
            let streamID: UInt32 = command.argument(0)?.integer() ?? 1
            self.state = .starting(streamID: streamID)
            self.start(streamID, into: &events)
        case (.connecting, "_error") where command.transaction == Self.connectCall,
            (.creating, "_error") where command.transaction == self.createStreamCall:
            let status = RTMPStatus(command.argument(0)) ?? RTMPStatus(.error, .callFailed, "")
            self.fail(status, into: &events)
        case (_, "onStatus"):
            guard let status = RTMPStatus(command.argument(0)) else { return }
            self.heed(status, into: &events)
        default: break
        }
    }

    private mutating func heed(_ status: RTMPStatus, into events: inout [RTMPClientEvent]) {
        guard status.level != .error else { return self.fail(status, into: &events) }
        events.append(.status(status))
        if case .starting(let streamID) = self.state, [.publishStart, .playStart].contains(status.code) {
            self.state = .running(streamID: streamID)
            events.append(.ready)
        }
    }

    private mutating func fail(_ status: RTMPStatus, into events: inout [RTMPClientEvent]) {
        self.state = .closed
        events.append(.failed(status))
    }

    private func error(_ reason: RTMPError.Reason) -> RTMPError { RTMPError(reason, at: self.decoder.offset) }
}

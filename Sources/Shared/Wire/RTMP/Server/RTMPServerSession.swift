package import Media
package import NIOCore

/// One client of ours: bytes in, events and bytes out (RTMP 1.0, Enhanced RTMP v2).
///
/// The session keeps what it could not read yet, so every read of the socket is handed over whole. After a question
/// (`connect`, `publish`, `play`) it reads on only once it has been answered; encoders send media without waiting, and
/// those bytes come out of the answer, in order. A viewer's session holds a few hundred bytes, so it can stay with the
/// viewer to read what a player still says.
package struct RTMPServerSession: Sendable {
    /// The message stream that every client is given, so that the bytes of a stream are the same for all viewers.
    package static let streamID: UInt32 = 1

    enum State {
        case handshake(RTMPServerHandshake)
        /// Waits for `connect`.
        case greeted
        indirect case asked(Question)
        indirect case connected(Connection)
        indirect case publishing(Connection)
        case playing
        case closed
    }

    enum Question {
        case connect(Connection, transaction: Double)
        case publish(Connection)
        case play(Connection)
    }

    /// What later requests lean on.
    struct Connection: Codable {
        let request: RTMPConnectRequest
        let user: String?
    }

    let configuration: RTMPSessionConfiguration
    let nonce: UInt64
    var state: State
    /// How this side cuts what it sends, as the peer was told.
    package internal(set) var encoder = RTMPChunkEncoder()
    var decoder: RTMPChunkDecoder
    var flow: RTMPFlow

    /// Bytes that came and were not read: the beginning of a header, or all that came after a question.
    private(set) var unread = ByteBuffer()

    /// The decoder as it was behind the last whole message of a read that asked for it; nil where another had begun by then.
    private(set) var boundary: Boundary?
    private var marksBoundaries = false

    /// Apart, because few sessions have one.
    final class Boundary: Sendable {
        let decoder: RTMPChunkDecoder

        /// Nil where a message is under way.
        init?(_ decoder: RTMPChunkDecoder) {
            guard decoder.isBetweenMessages else { return nil }
            self.decoder = decoder
        }
    }

    /// The nonce is a random number, another for each session.
    package init(configuration: RTMPSessionConfiguration, nonce: UInt64) {
        self.configuration = configuration
        self.nonce = nonce
        self.flow = RTMPFlow(window: configuration.window)
        self.decoder = RTMPChunkDecoder(limits: configuration.limits, intake: .commands)
        self.state = .handshake(RTMPServerHandshake(nonce: nonce))
    }

    /// A session that begins behind the handshake, which another program has done with the client; its bytes count.
    package init(afterHandshake configuration: RTMPSessionConfiguration, nonce: UInt64) {
        self.init(configuration: configuration, nonce: nonce)
        self.beginChunks()
    }

    private mutating func beginChunks() {
        self.state = .greeted
        self.decoder = RTMPChunkDecoder(
            limits: self.configuration.limits,
            intake: .commands,
            offset: RTMPHandshake.bytes
        )
    }

    /// Takes the bytes of a read and says what they mean. After an error the connection is to be closed; what came before
    /// it in the same read is lost with it.
    package mutating func receive(_ bytes: ByteBuffer) throws(RTMPError) -> [RTMPServerEvent] {
        var output = RTMPServerOutput()
        try self.read(bytes, into: &output)
        return output.events
    }

    /// The same, and notes where the last whole message ends, for ``standing``.
    package mutating func receiveNotingBoundary(_ bytes: ByteBuffer) throws(RTMPError) -> [RTMPServerEvent] {
        self.boundary = Boundary(self.decoder)
        self.marksBoundaries = true
        defer { self.marksBoundaries = false }
        return try self.receive(bytes)
    }

    /// Goes on with a publisher of a process that is dead.
    ///
    /// - Parameters:
    ///   - connection: what it said of itself.
    ///   - decoder: reads what it sends.
    ///   - flow: what it was told of that.
    ///   - configuration: as it was when it connected.
    ///   - nonce: a random number.
    init(
        publishing connection: Connection,
        _ decoder: RTMPChunkDecoder,
        _ flow: RTMPFlow,
        configuration: RTMPSessionConfiguration,
        nonce: UInt64
    ) {
        self.configuration = configuration
        self.nonce = nonce
        self.flow = flow
        self.decoder = decoder
        self.state = .publishing(connection)
        self.encoder.chunkSize = configuration.chunkSize
    }

    /// Goes on with a player of a process that is dead.
    ///
    /// - Parameters:
    ///   - decoder: reads what it says.
    ///   - flow: what it was told of that.
    ///   - unread: the beginning of a header.
    ///   - configuration: as it was when it connected.
    ///   - nonce: a random number.
    init(
        playing decoder: RTMPChunkDecoder,
        _ flow: RTMPFlow,
        unread: ByteBuffer,
        configuration: RTMPSessionConfiguration,
        nonce: UInt64
    ) {
        self.configuration = configuration
        self.nonce = nonce
        self.flow = flow
        self.decoder = decoder
        self.state = .playing
        self.unread = unread
        self.encoder.chunkSize = configuration.chunkSize
    }

    /// A ping request, to hear whether the peer is alive; any bytes that come after it will do as an answer. The time
    /// is in milliseconds and comes back as it went.
    package func ping(time: UInt32) -> ByteBuffer {
        var bytes = ByteBuffer()
        self.encoder.write(RTMPControl.pingRequest(time).message, into: &bytes)
        return bytes
    }

    /// What came of media messages that have begun and not ended, since this was last asked.
    package mutating func takeArrival() -> MediaArrival { self.decoder.arrival.take() }

    // MARK: - Reading

    mutating func read(_ new: ByteBuffer, into output: inout RTMPServerOutput) throws(RTMPError) {
        if case .asked = self.state { return try self.keep(new) }
        var bytes = new
        if self.unread.readableBytes > 0 {
            self.unread.writeImmutableBuffer(new)
            bytes = self.unread
            self.unread = ByteBuffer()
        }
        while try self.step(&bytes, into: &output) {
            if self.marksBoundaries { self.boundary = Boundary(self.decoder) }
        }
        if let acknowledgement = self.flow.acknowledgement(at: self.decoder.offset) {
            output.send(acknowledgement, by: self.encoder)
        }
        try self.keep(bytes)
    }

    /// Reads one message, or a part of the handshake. False where more bytes or an answer are wanted first.
    private mutating func step(
        _ bytes: inout ByteBuffer,
        into output: inout RTMPServerOutput
    ) throws(RTMPError) -> Bool {
        switch self.state {
        case .handshake(var handshake):
            let step = try handshake.next(from: &bytes, at: 0)
            self.state = .handshake(handshake)
            switch step {
            case .more: return false
            case .send(let answer): output.send(answer)
            case .done: self.beginChunks()
            }
            return true
        case .greeted, .connected, .publishing, .playing:
            guard let message = try self.decoder.next(from: &bytes) else { return false }
            try self.handle(message, into: &output)
            return true
        case .asked: return false
        case .closed:
            bytes.clear()
            return false
        }
    }

    private mutating func keep(_ bytes: ByteBuffer) throws(RTMPError) {
        guard bytes.readableBytes > 0 else { return }
        if case .asked = self.state {
            let limit = self.configuration.limits.undecidedBytes
            guard self.unread.readableBytes + bytes.readableBytes <= limit else {
                throw self.error(.tooManyUndecidedBytes(limit: limit))
            }
        }
        // A copy, so that a header's first bytes do not hold a whole read.
        self.unread.writeImmutableBuffer(bytes)
    }

    func error(_ reason: RTMPError.Reason) -> RTMPError { RTMPError(reason, at: self.decoder.offset) }
}

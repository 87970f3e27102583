import NIOCore
import Testing
import Wire

/// A client's bytes as we write them by hand, and the server's as we read them: a peer that can be as odd as any.
struct RTMPPeer {
    var server: RTMPServerSession
    var events: [RTMPServerEvent] = []
    private var encoder = RTMPChunkEncoder()
    private var decoder = RTMPChunkDecoder()
    private var unread = ByteBuffer()
    private var handshakeLeft = 1 + 2 * 1536

    init(_ configuration: RTMPSessionConfiguration = RTMPSessionConfiguration(), nonce: UInt64 = 1) {
        self.server = RTMPServerSession(configuration: configuration, nonce: nonce)
    }

    /// A peer that has shaken hands, and connected to an application where one is given.
    static func connected(
        app: AMFValue = "live",
        tcUrl: AMFValue = "rtmp://host/live",
        flashVer: AMFValue = "LNX 9,0,124,2",
        extra: AMFObject = AMFObject(),
        _ configuration: RTMPSessionConfiguration = RTMPSessionConfiguration()
    ) throws -> RTMPPeer {
        var peer = RTMPPeer(configuration)
        try peer.shakeHands()
        var object: AMFObject = ["app": app, "tcUrl": tcUrl, "flashVer": flashVer]
        object.properties += extra.properties
        try peer.call("connect", 1, .object(object))
        return peer
    }

    mutating func shakeHands() throws {
        try self.receive(ByteBuffer(bytes: [3]) + ByteBuffer(repeating: 0, count: 2 * 1536))
    }

    mutating func receive(_ bytes: ByteBuffer) throws {
        self.events += try self.server.receive(bytes)
    }

    mutating func send(_ messages: RTMPMessage...) throws {
        var bytes = ByteBuffer()
        for message in messages {
            self.encoder.write(message, into: &bytes)
        }
        try self.receive(bytes)
    }

    mutating func call(_ name: String, _ transaction: Double, _ arguments: AMFValue...) throws {
        var command = RTMPCommand(name, transaction: transaction)
        command.arguments = arguments
        try self.send(command.message())
    }

    /// Takes the events so far that are not bytes.
    mutating func takeEvents() -> [RTMPServerEvent] {
        defer { self.events = self.events.filter(\.isBytes) }
        return self.events.filter { !$0.isBytes }
    }

    /// Takes the messages in the bytes sent so far, the handshake gone.
    mutating func takeMessages() throws -> [RTMPMessage] {
        var pieces: [ByteBuffer] = []
        for case .send(let bytes) in self.events {
            var bytes = bytes
            let skipped = min(self.handshakeLeft, bytes.readableBytes)
            bytes.moveReaderIndex(forwardBy: skipped)
            self.handshakeLeft -= skipped
            pieces.append(bytes)
        }
        self.events = self.events.filter { !$0.isBytes }
        return try self.decoder.messages(in: pieces)
    }

    /// Takes the commands in the bytes sent so far.
    mutating func takeCommands() throws -> [RTMPCommand] {
        try self.takeMessages().filter { $0.type == .commandAMF0 }.compactMap {
            try RTMPCommand($0, limits: AMFLimits())
        }
    }
}

extension RTMPServerEvent {
    var isBytes: Bool { if case .send = self { true } else { false } }
}

/// Runs a server that accepts everything, and records what it was asked and told.
struct RTMPWillingServer {
    var session: RTMPServerSession
    var bytes = ByteBuffer()
    var story: [RTMPServerEvent] = []

    init(_ configuration: RTMPSessionConfiguration = RTMPSessionConfiguration()) {
        self.session = RTMPServerSession(configuration: configuration, nonce: 1)
    }

    mutating func receive(_ bytes: ByteBuffer) throws(RTMPError) {
        try self.perform(self.session.receive(bytes))
    }

    private mutating func perform(_ events: [RTMPServerEvent]) throws(RTMPError) {
        for event in events {
            switch event {
            case .send(let bytes):
                self.bytes.writeImmutableBuffer(bytes)
                continue
            case .connect: self.story.append(event); try self.perform(self.session.acceptConnect())
            case .publish: self.story.append(event); try self.perform(self.session.acceptPublish())
            case .play: self.story.append(event); try self.perform(self.session.acceptPlay())
            default: self.story.append(event)
            }
        }
    }
}

import NIOCore
import Testing
import Wire

/// A client's bytes as we write them by hand, and the server's answers as we read them.
struct RTSPPeer {
    var server: RTSPServerSession
    var events: [RTSPServerEvent] = []
    private var decoder = RTSPMessageDecoder()
    private var unread = ByteBuffer()
    private var sequence = 0

    init(_ configuration: RTSPSessionConfiguration = RTSPSessionConfiguration()) {
        self.server = RTSPServerSession(configuration: configuration, identifier: 0x1234, nonce: 0xabcd)
    }

    /// Sends a request and takes the answers that have come by then.
    @discardableResult
    mutating func ask(
        _ method: String,
        _ uri: String,
        _ headers: [String: String] = [:],
        body: String = ""
    ) throws -> [RTSPResponse] {
        self.sequence += 1
        var request = RTSPRequest(RTSPMethod(rawValue: method), uri, body: ByteBuffer(string: body))
        request.headers.add("CSeq", "\(self.sequence)")
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { request.headers.add(name, value) }
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(request, into: &bytes)
        self.events += self.server.receive(bytes)
        return try self.takeResponses()
    }

    mutating func send(_ text: String) throws -> [RTSPResponse] {
        self.events += self.server.receive(ByteBuffer(string: text))
        return try self.takeResponses()
    }

    mutating func answer(_ input: (inout RTSPServerSession) -> [RTSPServerEvent]) throws -> [RTSPResponse] {
        self.events += input(&self.server)
        return try self.takeResponses()
    }

    mutating func frame(_ channel: UInt8, _ text: String) {
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(RTSPFrame(channel: channel, payload: Self.packet(text)), into: &bytes)
        self.events += self.server.receive(bytes)
    }

    /// What looks like RTP from outside.
    static func packet(_ text: String) -> ByteBuffer {
        ByteBuffer(bytes: [0x80, 0x60, 0, 1] + Array(text.utf8))
    }

    /// Takes the answers in the bytes sent so far.
    mutating func takeResponses() throws -> [RTSPResponse] {
        for case .send(let bytes) in self.events { self.unread.writeImmutableBuffer(bytes) }
        self.events = self.events.filter { !$0.isBytes }
        var responses: [RTSPResponse] = []
        while let message = try self.decoder.next(from: &self.unread) {
            if case .response(let response) = message { responses.append(response) }
        }
        return responses
    }

    /// Takes the events so far that are not bytes.
    mutating func takeEvents() -> [RTSPServerEvent] {
        defer { self.events = self.events.filter(\.isBytes) }
        return self.events.filter { !$0.isBytes }
    }

    static let base = "rtsp://host:8554/live/main"

    /// A peer that is recording two tracks over channels 0 to 3.
    static func recording(_ description: String = "v=0\r\n") throws -> RTSPPeer {
        var peer = RTSPPeer()
        try peer.ask("ANNOUNCE", "\(Self.base)?key=s3cret", ["Content-Type": "application/sdp"], body: description)
        _ = try peer.answer { $0.acceptAnnounce(controls: ["streamid=0", "streamid=1"]) }
        for track in 0..<2 {
            try peer.setup("streamid=\(track)", "RTP/AVP/TCP;interleaved=\(2 * track)-\(2 * track + 1)")
        }
        try peer.ask("RECORD", Self.base)
        _ = try peer.answer { $0.acceptRecord() }
        _ = peer.takeEvents()
        return peer
    }

    /// A peer that is playing one track.
    static func playing() throws -> RTSPPeer {
        var peer = RTSPPeer()
        try peer.setup("trackID=0", "RTP/AVP/TCP;interleaved=0-1")
        try peer.ask("PLAY", Self.base)
        _ = try peer.answer { $0.acceptPlay() }
        _ = peer.takeEvents()
        return peer
    }

    /// Sets a track up and has it accepted as it was asked for.
    @discardableResult
    mutating func setup(_ control: String, _ transport: String) throws -> [RTSPResponse] {
        try self.ask("SETUP", "\(Self.base)/\(control)", ["Transport": transport])
        guard case .setup(let request)? = self.takeEvents().last else { return [] }
        return try self.answer { $0.acceptSetup(request.offers[0]) }
    }
}

extension RTSPServerEvent {
    var isBytes: Bool { if case .send = self { true } else { false } }
}

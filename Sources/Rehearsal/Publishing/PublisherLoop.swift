internal import Linux
internal import NIOCore
internal import Wire

/// What a publisher's thread does.
struct PublisherLoop: ~Copyable {
    private let publisher: Publisher
    private let socket: OwnedDescriptor
    private var poller: Poller
    private var session: RTMPClientSession
    private var source: any PublishSource
    private var unsent: ByteBuffer
    /// When the source's time was zero; nil until the server has accepted.
    private var origin: MonotonicInstant?
    private var upcoming: FLVTag
    private var waitsToWrite = true

    /// A server that has so much waiting for it does not keep up.
    private static let unsentLimit = 16 << 20
    private static let longestWait = Duration.milliseconds(100)

    static func make(
        _ publication: RehearsalSpec.Publication,
        to endpoint: InternetAddress,
        for publisher: Publisher
    ) throws(LinuxError) -> PublisherLoop {
        let poller = try Poller.make(capacity: 4)
        let socket = try TCPSocket.connect(to: endpoint)
        try TCPSocket.setNoDelay(socket)
        try poller.add(socket, token: 0, for: [.readable, .writable])
        return PublisherLoop(publication, publisher, socket, poller)
    }

    private init(
        _ publication: RehearsalSpec.Publication,
        _ publisher: Publisher,
        _ socket: consuming OwnedDescriptor,
        _ poller: consuming Poller
    ) {
        let address = publication.address
        let configuration = RTMPClientConfiguration(
            role: .publish,
            app: address.app,
            tcUrl: "rtmp://\(address.authority)/\(address.app)",
            stream: address.resource
        )
        self.publisher = publisher
        self.socket = socket
        self.poller = poller
        self.session = RTMPClientSession(configuration: configuration, nonce: .random(in: .min ... .max))
        self.unsent = self.session.hello
        self.source = publication.source
        self.upcoming = self.source.next()
    }

    mutating func go() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !self.publisher.isOver {
            let events = try self.poller.wait(for: self.untilNextTag)
            if events > 0 {
                if let error = try TCPSocket.connectionError(of: self.socket) { throw error }
                if self.poller[0].readiness != .writable { try self.receive(&buffer) }
            }
            self.writeDueTags()
            try self.flush()
        }
        self.unsent.writeImmutableBuffer(self.session.stop())
        try self.flush()
    }

    private var untilNextTag: Duration {
        guard let due = self.due(self.upcoming) else { return Self.longestWait }
        return min(max(MonotonicClock.now.duration(to: due), .zero), Self.longestWait)
    }

    private func due(_ tag: FLVTag) -> MonotonicInstant? {
        self.origin?.advanced(by: .milliseconds(Int64(tag.timestamp)))
    }

    private mutating func receive(_ buffer: inout [UInt8]) throws {
        switch try TCPSocket.receive(into: &buffer, from: self.socket) {
        case .wouldBlock: return
        case .endOfStream: throw RehearsalError.stopped("the server closed the connection")
        case .transferred(let count):
            for event in try self.session.receive(ByteBuffer(bytes: buffer.prefix(count))) { try self.handle(event) }
        }
    }

    private mutating func handle(_ event: RTMPClientEvent) throws {
        switch event {
        case .send(let bytes): self.unsent.writeImmutableBuffer(bytes)
        case .ready:
            for tag in self.source.prelude { self.session.write(tag, into: &self.unsent) }
            self.origin = MonotonicClock.now
            self.publisher.begin()
        case .failed(let status): throw RehearsalError.stopped("\(status.code.rawValue): \(status.description)")
        case .status, .message: break
        }
    }

    private mutating func writeDueTags() {
        while let due = self.due(self.upcoming) {
            let now = MonotonicClock.now
            guard due <= now else { return }
            var tag = self.upcoming
            if tag.kind == .video, let body = LatencyStamp.insert(UInt64(now.nanoseconds / 1000), into: tag.body) {
                tag.body = body
            }
            self.session.write(tag, into: &self.unsent)
            self.publisher.note(bytes: tag.body.readableBytes, delay: due.duration(to: now).nanoseconds / 1000)
            self.upcoming = self.source.next()
        }
    }

    private mutating func flush() throws {
        while self.unsent.readableBytes > 0 {
            guard case .transferred(let count) = try TCPSocket.send(self.unsent.readableBytesSpan, to: self.socket)
            else { break }
            self.unsent.moveReaderIndex(forwardBy: count)
        }
        if self.unsent.readableBytes == 0 { self.unsent.clear() }
        guard self.unsent.readableBytes <= Self.unsentLimit else {
            throw RehearsalError.stopped("the server takes the stream too slowly")
        }
        guard self.waitsToWrite != (self.unsent.readableBytes > 0) else { return }
        self.waitsToWrite.toggle()
        try self.poller.change(self.socket, token: 0, for: self.waitsToWrite ? [.readable, .writable] : .readable)
    }
}

import NIOCore
import Synchronization
import Toolkit
import Wire

/// An encoder of which a test decides what it sends and how it goes.
final class TestPublisher: Sendable {
    struct State: Sendable {
        var isReady = false
        var statuses: [RTMPStatus] = []
        /// What the server gave as the reason for refusing or ending it.
        var failure: RTMPStatus?
        /// Whether the server has ended the connection.
        var isClosed = false
    }

    let seen = Observed(State())
    private let socket: Socket
    private let session: Mutex<RTMPClientSession>

    /// - Parameters:
    ///   - relay: where to go.
    ///   - app: the application, with whatever query a test puts there.
    ///   - stream: the stream's name, with its query.
    ///   - tcUrl: what it says its address is; by default the application's.
    ///   - chunkSize: what it cuts its messages by.
    ///   - obeysReconnectRequests: whether it says that it connects again when it is asked to.
    /// - Throws: ``SocketError`` where nobody listens.
    init(
        _ relay: RelayProcess,
        app: String = "live",
        stream: String,
        tcUrl: String? = nil,
        chunkSize: Int = 4096,
        obeysReconnectRequests: Bool = false
    ) throws {
        let server = relay.addresses["rtmp"] ?? ""
        self.socket = try Socket(to: server)
        var configuration = RTMPClientConfiguration(
            role: .publish,
            app: app,
            tcUrl: tcUrl ?? "rtmp://\(server)/\(app)",
            stream: stream
        )
        configuration.chunkSize = chunkSize
        configuration.obeysReconnectRequests = obeysReconnectRequests
        let session = RTMPClientSession(configuration: configuration, nonce: 1)
        self.session = Mutex(session)
        try self.socket.send(session.hello.readableBytesView)
        self.socket.follow { [weak self] in self?.received($0) }
    }

    /// One with the right key, on air.
    static func onAir(
        _ relay: RelayProcess,
        _ stream: String = "main",
        chunkSize: Int = 4096
    ) async throws -> TestPublisher {
        let key = relay.configuration.publishKey ?? ""
        let publisher = try TestPublisher(relay, stream: "\(stream)?key=\(key)", chunkSize: chunkSize)
        if let refusal = try await publisher.refusal() { throw refusal }
        return publisher
    }

    /// Why it was not let on air, nil where it was.
    func refusal() async throws -> RTMPStatus? {
        try await self.seen.wait(for: "an answer to a publisher") { $0.isReady || $0.failure != nil || $0.isClosed }
        let state = self.seen.state
        return state.isReady ? nil : state.failure ?? RTMPStatus(.error, .callFailed, "The connection was closed.")
    }

    func send(_ tags: [FLVTag]) throws {
        let bytes = self.session.withLock { session in
            var bytes = ByteBuffer()
            for tag in tags { session.write(tag, into: &bytes) }
            return bytes
        }
        try self.socket.send(bytes.readableBytesView)
    }

    /// Ends the stream as encoders do.
    func stop() throws {
        let bytes = self.session.withLock { $0.stop() }
        try self.socket.send(bytes.readableBytesView)
        self.socket.hangUp()
    }

    func hangUp() { self.socket.hangUp() }
    func reset() { self.socket.reset() }

    private func received(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else {
            self.seen.change { $0.isClosed = true }
            return
        }
        let events = self.session.withLock { session in (try? session.receive(ByteBuffer(bytes: bytes))) ?? [] }
        for event in events {
            switch event {
            case .send(let bytes): try? self.socket.send(bytes.readableBytesView)
            case .ready: self.seen.change { $0.isReady = true }
            case .status(let status): self.seen.change { $0.statuses.append(status) }
            case .failed(let status): self.seen.change { $0.failure = status }
            case .message: break
            }
        }
    }
}

extension RTMPStatus: Error {}

import NIOCore
import Synchronization
package import Toolkit
package import Wire

/// An encoder of which a test decides what it sends and how it goes.
package final class TestPublisher: Sendable {
    package struct State: Sendable {
        package var isReady = false
        package var statuses: [RTMPStatus] = []
        /// What the server gave as the reason for refusing or ending it.
        package var failure: RTMPStatus?
        /// Whether the server has ended the connection.
        package var isClosed = false
    }

    package let seen = Observed(State())
    private let socket: Socket
    private let session: Mutex<RTMPClientSession>

    /// - Parameters:
    ///   - server: address and port.
    ///   - app: the application, with whatever query a test puts there.
    ///   - stream: the stream's name, with its query.
    ///   - tcUrl: what it says its address is; by default the application's.
    ///   - chunkSize: what it cuts its messages by.
    ///   - obeysReconnectRequests: whether it says that it connects again when it is asked to.
    /// - Throws: ``SocketError`` where nobody listens.
    package init(
        server: String,
        app: String = "live",
        stream: String,
        tcUrl: String? = nil,
        chunkSize: Int = 4096,
        obeysReconnectRequests: Bool = false
    ) throws {
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

    /// Why it was not let on air, nil where it was.
    package func refusal() async throws -> RTMPStatus? {
        try await self.seen.wait(for: "an answer to a publisher") { $0.isReady || $0.failure != nil || $0.isClosed }
        let state = self.seen.state
        return state.isReady ? nil : state.failure ?? RTMPStatus(.error, .callFailed, "The connection was closed.")
    }

    /// - Parameters:
    ///   - tags: what to send.
    ///   - count: bytes of it behind which nothing comes, as when the line is cut.
    /// - Throws: ``SocketError`` where the relay has hung up.
    package func send(_ tags: [FLVTag], cutBehind count: Int = .max) throws {
        let bytes = self.session.withLock { session in
            var bytes = ByteBuffer()
            for tag in tags { session.write(tag, into: &bytes) }
            return bytes
        }
        try self.socket.send(bytes.readableBytesView.prefix(count))
    }

    /// Sends what is no message, or half of one.
    package func send(_ bytes: [UInt8]) throws { try self.socket.send(bytes) }

    /// Ends the stream as encoders do.
    package func stop() throws {
        let bytes = self.session.withLock { $0.stop() }
        try self.socket.send(bytes.readableBytesView)
        self.socket.hangUp()
    }

    /// Whether its peer has neither ended the connection nor reset it, as the kernel has it.
    package var isEstablished: Bool { self.socket.isEstablished }

    package func hangUp() { self.socket.hangUp() }
    package func reset() { self.socket.reset() }

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

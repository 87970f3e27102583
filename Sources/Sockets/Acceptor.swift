package import Linux
package import Logging
import Synchronization

/// A listening socket and the thread that takes its connections and gives them away.
package final class Acceptor: Sendable {
    package let address: InternetAddress
    private let stopping: EventDescriptor
    private let thread: Mutex<WorkerThread?>

    /// How long to wait when the process has no descriptor left: connections stay in the kernel's queue meanwhile.
    private static let respite = Duration.milliseconds(100)

    private enum Token {
        static let listener: UInt64 = 0
        static let stop: UInt64 = 1
    }

    /// Binds and starts to accept. `onConnection` is called on the acceptor's thread and must not wait.
    package init(
        name: String,
        on wanted: InternetAddress,
        log: Logger,
        onConnection: @escaping @Sendable (consuming AcceptedSocket) -> Void
    ) throws(LinuxError) {
        let listener = try TCPSocket.listen(on: wanted)
        self.address = try TCPSocket.localAddress(of: listener)
        self.stopping = try EventDescriptor.make()
        let poller = try Poller.make(capacity: 4)
        try poller.add(listener, token: Token.listener, for: .readable)
        try poller.add(self.stopping.descriptor, token: Token.stop, for: .readable)
        let loop = Loop(listener: listener, poller: poller)
        self.thread = Mutex(nil)
        let thread = try WorkerThread(name: "accept-\(name)") {
            loop.run(log: log, onConnection: onConnection)
        }
        self.thread.withLock { $0 = thread }
    }

    /// Stops accepting and closes the listener; returns once that is done.
    package func stop() {
        self.stopping.signal()
        self.thread.withLock { $0.take() }?.join()
    }

    deinit {
        self.stopping.signal()
    }

    /// What the thread owns.
    private final class Loop: Sendable {
        private struct Owned: ~Copyable {
            let listener: OwnedDescriptor
            var poller: Poller
        }

        private let owned: Mutex<Owned?>

        init(listener: consuming OwnedDescriptor, poller: consuming Poller) {
            self.owned = Mutex(Owned(listener: listener, poller: poller))
        }

        func run(log: Logger, onConnection: @Sendable (consuming AcceptedSocket) -> Void) {
            guard var owned = self.owned.withLock({ $0.take() }) else { return }
            while true {
                do {
                    let count = try owned.poller.wait(for: nil)
                    for index in 0..<count where owned.poller[index].token == Token.stop { return }
                    while let socket = try TCPSocket.accept(on: owned.listener) { onConnection(socket) }
                } catch {
                    log.error("cannot accept a connection", metadata: ["error": "\(error)"])
                    guard Self.rest(&owned.poller) else { return }
                }
            }
        }

        /// - Returns: false if the acceptor was stopped meanwhile.
        private static func rest(_ poller: inout Poller) -> Bool {
            let end = MonotonicClock.now.advanced(by: Acceptor.respite)
            while MonotonicClock.now < end {
                guard let count = try? poller.wait(for: .milliseconds(20)) else { return false }
                for index in 0..<count where poller[index].token == Token.stop { return false }
            }
            return true
        }
    }
}

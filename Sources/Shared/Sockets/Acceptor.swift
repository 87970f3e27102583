package import Linux
package import Logging
import Synchronization

/// A listening socket and the thread that takes its connections and gives them away.
package final class Acceptor: Sendable {
    /// Where it listens; a unix socket has no such address, and says loopback without a port.
    package let address: InternetAddress
    private let stopping: EventDescriptor
    private let thread: WorkerThread

    /// How long to wait when the process has no descriptor left: connections stay in the kernel's queue meanwhile.
    private static let respite = Duration.milliseconds(100)
    /// The same when a connection is being closed for those that wait.
    private static let shortRespite = Duration.milliseconds(5)
    private static let logInterval = Duration.seconds(1)

    /// Connections taken before the acceptor looks whether it has been stopped.
    private static let acceptsPerRound = 256

    private enum Token {
        static let listener: UInt64 = 0
        static let stop: UInt64 = 1
    }

    /// Binds and starts to accept. Both closures are called on the acceptor's thread and must not wait.
    ///
    /// - Parameters:
    ///   - name: of the thread, for people.
    ///   - wanted: port 0 lets the kernel choose.
    ///   - makeRoom: closes some connection when no descriptor is left for strangers, and says whether it could. A newcomer is
    ///     closed where it could not.
    ///   - isReady: false while those taken so far still wait for whoever serves them; connections stay in the kernel's
    ///     queue meanwhile, and take no descriptor.
    ///   - log: of what goes wrong.
    ///   - onConnection: takes each connection.
    /// - Throws: where the address cannot be listened at.
    package convenience init(
        name: String,
        on wanted: InternetAddress,
        makeRoom: @escaping @Sendable () -> Bool = { false },
        isReady: @escaping @Sendable () -> Bool = { true },
        log: Logger,
        onConnection: @escaping @Sendable (consuming AcceptedSocket) -> Void
    ) throws(LinuxError) {
        let listener = try TCPSocket.listen(on: wanted)
        let address = try TCPSocket.localAddress(of: listener)
        try self.init(name, listener, address, makeRoom, isReady, log, onConnection)
    }

    /// As ``init(name:on:makeRoom:isReady:log:onConnection:)``, with a unix socket that listens already.
    package convenience init(
        name: String,
        local listener: consuming OwnedDescriptor,
        log: Logger,
        onConnection: @escaping @Sendable (consuming AcceptedSocket) -> Void
    ) throws(LinuxError) {
        let address = InternetAddress(.loopbackV4, port: 0)
        try self.init(name, listener, address, { false }, { true }, log, onConnection)
    }

    private init(
        _ name: String,
        _ listener: consuming OwnedDescriptor,
        _ address: InternetAddress,
        _ makeRoom: @escaping @Sendable () -> Bool,
        _ isReady: @escaping @Sendable () -> Bool,
        _ log: Logger,
        _ onConnection: @escaping @Sendable (consuming AcceptedSocket) -> Void
    ) throws(LinuxError) {
        self.address = address
        self.stopping = try EventDescriptor.make()
        let poller = try Poller.make(capacity: 4)
        try poller.add(listener, token: Token.listener, for: .readable)
        try poller.add(self.stopping.descriptor, token: Token.stop, for: .readable)
        let loop = Loop(listener: listener, poller: poller)
        self.thread = try WorkerThread(name: "accept-\(name)") {
            loop.run(makeRoom: makeRoom, isReady: isReady, log: log, onConnection: onConnection)
        }
    }

    /// Has the thread stop accepting and close the listener.
    package func end() {
        self.stopping.signal()
    }

    /// Stops accepting and closes the listener; returns once that is done.
    package func stop() async {
        self.end()
        await self.thread.ended()
    }

    /// As ``stop()``, for a thread that may wait.
    package func join() {
        self.end()
        self.thread.join()
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

        func run(
            makeRoom: @Sendable () -> Bool,
            isReady: @Sendable () -> Bool,
            log: Logger,
            onConnection: @Sendable (consuming AcceptedSocket) -> Void
        ) {
            guard var owned = self.owned.withLock({ $0.take() }) else { return }
            var lastLogged: MonotonicInstant?
            while true {
                do {
                    let count = try owned.poller.wait(for: nil)
                    for index in 0..<count where owned.poller[index].token == Token.stop { return }
                    for _ in 0..<Acceptor.acceptsPerRound where isReady() {
                        guard let socket = try TCPSocket.accept(on: owned.listener) else { break }
                        // One that says nothing is closed for it, or this one itself.
                        guard !OpenFileLimit.isReserved(socket.descriptor) || makeRoom() else {
                            throw LinuxError.outOfDescriptors("accept4")
                        }
                        onConnection(socket)
                    }
                    if !isReady(), !Self.pause(for: Acceptor.shortRespite, &owned) { return }
                } catch {
                    let now = MonotonicClock.now
                    if lastLogged.map({ $0.advanced(by: Acceptor.logInterval) <= now }) ?? true {
                        lastLogged = now
                        log.error("cannot accept a connection", metadata: ["error": "\(error)"])
                    }
                    guard Self.pause(for: Acceptor.respite, &owned) else { return }
                }
            }
        }

        /// Lets connections wait: not watched, or those that wait would end every wait at once.
        ///
        /// - Returns: false if the acceptor was stopped meanwhile.
        private static func pause(for time: Duration, _ owned: inout Owned) -> Bool {
            try? owned.poller.remove(owned.listener)
            guard Self.rest(time, &owned.poller) else { return false }
            try? owned.poller.add(owned.listener, token: Token.listener, for: .readable)
            return true
        }

        /// - Returns: false if the acceptor was stopped meanwhile.
        private static func rest(_ time: Duration, _ poller: inout Poller) -> Bool {
            let end = MonotonicClock.now.advanced(by: time)
            while MonotonicClock.now < end {
                guard let count = try? poller.wait(for: time) else { return false }
                for index in 0..<count where poller[index].token == Token.stop { return false }
            }
            return true
        }
    }
}

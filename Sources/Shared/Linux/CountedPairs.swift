/// Makes pairs of connected sockets whose bytes the kernel counts (``SocketProgress``), which it does not for unix sockets: TCP
/// connections over the machine's own loopback. Whoever else on the machine connects to the listener is turned away.
package final class CountedPairs: Sendable {
    private let listener: HeldDescriptor
    private let address: InternetAddress

    package init() throws(LinuxError) {
        let listener = try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0))
        self.address = try TCPSocket.localAddress(of: listener)
        self.listener = HeldDescriptor(listener)
    }

    /// The kernel has both ends connected before the call returns, unless the machine is very busy: so long is waited for that.
    package static let limit = Duration.milliseconds(100)

    /// - Throws: Where the system has no descriptor or port left, or its firewall keeps loopback closed.
    package func make() throws(LinuxError) -> SocketPair {
        let first = try TCPSocket.connect(to: self.address)
        let own = try TCPSocket.localAddress(of: first)
        let result = self.listener.lend { listener in
            Result { () throws(LinuxError) in HeldDescriptor(try Self.accept(own, on: listener)) }
        }
        guard let second = try result?.get().take() else { throw LinuxError("accept4", code: LinuxError.wouldBlock) }
        return SocketPair(first: first, second: second)
    }

    /// The connection that was opened from that address; strangers are closed.
    private static func accept(
        _ address: InternetAddress,
        on listener: borrowing OwnedDescriptor
    ) throws(LinuxError) -> OwnedDescriptor {
        let began = MonotonicClock.now
        var poller: Poller?
        while true {
            while let accepted = try TCPSocket.accept(on: listener) {
                if accepted.peer == address { return accepted.release() }
            }
            let left = Self.limit - .nanoseconds(MonotonicClock.now.nanoseconds - began.nanoseconds)
            guard left > .zero else { throw LinuxError("accept4", code: LinuxError.wouldBlock) }
            if poller == nil {
                let made = try Poller.make(capacity: 1)
                try made.add(listener, token: 0, for: .readable)
                poller = consume made
            }
            _ = try poller?.wait(for: left)
        }
    }
}

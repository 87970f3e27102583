package import Contract
package import Linux
import Synchronization
import Wire

/// Waits for what trusted proxies say before the connections that they pass on, which is required of them (see
/// proxy-protocol.txt section 2), and takes it from the connection. Nothing else is read of it.
package final class ProxyEntrance: Sendable {
    /// What came of waiting.
    package enum Outcome: Hashable, Sendable {
        /// The proxy passes on a connection from there.
        case passedOn(InternetAddress)
        /// The proxy speaks for itself, does not know, or said nothing where it need not.
        case proxyItself
    }

    /// Why a connection was closed.
    package enum Refusal: Hashable, Sendable {
        /// What came is no header, or a broken one; for a person.
        case header(String)
        /// It did not come in time.
        case late
    }

    /// A connection and what is to become of it.
    struct Guest: Sendable {
        let proxy: InternetAddress
        let ticket: ConnectionLimiter.Ticket
        /// Whether it may be without a header: those who speak HTTP may say in each request whom it is from.
        let mayBeSilent: Bool
        let refuse: @Sendable (Refusal) -> Void
        let then: @Sendable (consuming OwnedDescriptor, Outcome) -> Void
    }

    private struct State {
        var trusted = TrustedProxies()
        var room: ProxyWaitingRoom?
    }

    private let state = Mutex(State())
    private let timeout: Duration

    /// - Parameter timeout: How long a header may take to come.
    package init(timeout: Duration) {
        self.timeout = timeout
    }

    deinit {
        self.end()
    }

    package var trusted: TrustedProxies { self.state.withLock { $0.trusted } }

    /// Trusts these from now on.
    package func use(_ prefixes: [NetworkPrefix]) throws(LinuxError) {
        let trusted = TrustedProxies(prefixes)
        try self.state.withLock { (state) throws(LinuxError) in
            // The thread is made for those who need it.
            if state.room == nil, !trusted.isEmpty { state.room = try ProxyWaitingRoom(timeout: self.timeout) }
            state.trusted = trusted
        }
    }

    /// Waits for the header of a connection that a trusted proxy has opened. Of the two closures one is called, once, on a
    /// thread that must not wait; neither where the proxy only looks whether somebody listens.
    package func wait(
        _ descriptor: consuming OwnedDescriptor,
        from proxy: InternetAddress,
        ticket: ConnectionLimiter.Ticket,
        mayBeSilent: Bool,
        refuse: @escaping @Sendable (Refusal) -> Void,
        then: @escaping @Sendable (consuming OwnedDescriptor, Outcome) -> Void
    ) {
        guard let room = self.state.withLock({ $0.room }) else { return then(descriptor, .proxyItself) }
        let guest = Guest(proxy: proxy, ticket: ticket, mayBeSilent: mayBeSilent, refuse: refuse, then: then)
        room.admit(descriptor, guest)
    }

    /// Has those who wait closed, and takes nobody any more.
    package func end() {
        self.takeRoom()?.end()
    }

    /// Closes those who wait, and takes nobody any more; returns once that is done.
    package func stop() {
        self.takeRoom()?.stop()
    }

    private func takeRoom() -> ProxyWaitingRoom? {
        self.state.withLock { state in
            state.trusted = TrustedProxies()
            return state.room.take()
        }
    }
}

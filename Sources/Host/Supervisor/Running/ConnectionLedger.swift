import Contract
package import Linux
import Synchronization

/// Remembers whose connections were given to relays, so that one that comes back is believed to be what the host knows it
/// to be, and not what the relay says.
package final class ConnectionLedger: Sendable {
    private struct State {
        var given: [SocketCookie: Handover] = [:]
        /// The oldest first; those before `start` are forgotten.
        var order: [SocketCookie] = []
        var start = 0
        var returned: Set<SocketCookie> = []
        var hasForgotten = false
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// Far more than connections that are open at once; an entry has about 150 bytes.
    package init(capacity: Int = 1 << 16) {
        self.capacity = capacity
    }

    /// A connection is given to a relay.
    func note(_ cookie: SocketCookie, _ handover: Handover) {
        self.state.withLock { state in
            guard state.given.updateValue(handover, forKey: cookie) == nil else { return }
            state.order.append(cookie)
            guard state.order.count - state.start > self.capacity else { return }
            let oldest = state.order[state.start]
            state.given[oldest] = nil
            state.returned.remove(oldest)
            state.start += 1
            state.hasForgotten = true
            guard state.start > self.capacity else { return }
            state.order.removeFirst(state.start)
            state.start = 0
        }
    }

    enum Recollection: Equatable {
        /// What the host said of it when it gave it away.
        case given(Handover)
        /// It may have been given too long ago.
        case forgotten
        /// No relay has ever been given it.
        case foreign
    }

    /// A relay gives a connection back.
    func recollect(_ cookie: SocketCookie) -> Recollection {
        self.state.withLock { state in
            guard let handover = state.given[cookie] else { return state.hasForgotten ? .forgotten : .foreign }
            state.returned.insert(cookie)
            return .given(handover)
        }
    }

    /// Whether a relay had the connection before: what it seems to have sent may then be the relay's own invention.
    package func hasPassedThroughARelay(_ cookie: SocketCookie) -> Bool {
        self.state.withLock { $0.returned.contains(cookie) }
    }
}

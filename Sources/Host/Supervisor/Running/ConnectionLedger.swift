package import Containers
package import Contract
package import Linux
import Synchronization

/// Remembers which connections were given to which instance of a relay, so that one that comes back is believed to be what
/// the host knows it to be, and not what the relay says.
package final class ConnectionLedger: Sendable {
    private struct Entry {
        let handover: Handover
        /// Whoever may give it back; nil once it has.
        var holder: InstanceID?
    }

    private struct State {
        var entries: [SocketCookie: Entry] = [:]
        /// The oldest first; those before `start` are forgotten.
        var order: [SocketCookie] = []
        var start = 0
        var hasForgotten = false
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// Far more than connections that are open at once; an entry has about 200 bytes.
    package init(capacity: Int = 1 << 16) {
        self.capacity = capacity
    }

    /// A connection is given to an instance.
    package func note(_ cookie: SocketCookie, _ handover: Handover, to instance: InstanceID) {
        self.state.withLock { state in
            if state.entries[cookie] != nil {
                state.entries[cookie]?.holder = instance
                return
            }
            state.entries[cookie] = Entry(handover: handover, holder: instance)
            state.order.append(cookie)
            guard state.order.count - state.start > self.capacity else { return }
            state.entries[state.order[state.start]] = nil
            state.start += 1
            state.hasForgotten = true
            guard state.start > self.capacity else { return }
            state.order.removeFirst(state.start)
            state.start = 0
        }
    }

    package enum Recollection: Equatable, Sendable {
        /// What the host said of it when it gave it away.
        case given(Handover)
        /// It may have been given too long ago.
        case forgotten
        /// This instance was never given it, or has returned it already: it has kept a descriptor of what is another's now.
        case foreign
    }

    /// An instance gives a connection back, which it can do once each time that it was given it.
    package func recollect(_ cookie: SocketCookie, from instance: InstanceID) -> Recollection {
        self.state.withLock { state in
            guard let entry = state.entries[cookie] else { return state.hasForgotten ? .forgotten : .foreign }
            guard entry.holder == instance else { return .foreign }
            state.entries[cookie]?.holder = nil
            return .given(entry.handover)
        }
    }

    /// What an instance says that it has, and keeps.
    package func look(up cookie: SocketCookie, of instance: InstanceID) -> Recollection {
        self.state.withLock { state in
            guard let entry = state.entries[cookie] else { return state.hasForgotten ? .forgotten : .foreign }
            return entry.holder == instance ? .given(entry.handover) : .foreign
        }
    }
}

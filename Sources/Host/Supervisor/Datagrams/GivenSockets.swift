import Linux
import Synchronization

/// Remembers which UDP sockets an instance was given for what it asked, so that it can have no others kept for its successor.
final class GivenSockets: Sendable {
    private struct State {
        var cookies: Set<SocketCookie> = []
        /// The oldest first, from `oldest` on round about.
        var order: [SocketCookie] = []
        var oldest = 0
    }

    enum Recollection: Hashable, Sendable {
        case given
        /// It may have been given too long ago.
        case forgotten
        case foreign
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// More than an instance can ask for between a session's `SETUP` and its `PLAY`.
    init(capacity: Int = 1 << 16) {
        self.capacity = capacity
    }

    func note(_ socket: HeldDescriptor) {
        guard let cookie = socket.lend({ SocketCookie(of: $0) }) ?? nil else { return }
        self.state.withLock { state in
            guard state.cookies.insert(cookie).inserted else { return }
            guard state.order.count >= self.capacity else { return state.order.append(cookie) }
            state.cookies.remove(state.order[state.oldest])
            state.order[state.oldest] = cookie
            state.oldest = (state.oldest + 1) % self.capacity
        }
    }

    func look(up cookie: SocketCookie) -> Recollection {
        self.state.withLock { state in
            if state.cookies.contains(cookie) { return .given }
            return state.order.count >= self.capacity ? .forgotten : .foreign
        }
    }
}

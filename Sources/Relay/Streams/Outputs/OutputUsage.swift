import Synchronization

/// Who wants one wire format of a stream: how many viewers hold it open, and when it was last asked for.
final class OutputUsage: Sendable {
    private struct State {
        /// How many viewers hold the format open.
        var leases = 0
        /// µs, monotonic: when the format was last asked for, or watched.
        var lastWanted: Int64
        /// µs, monotonic: when a playlist or a segment was last asked for.
        var lastListed: Int64?
    }

    private let state: Mutex<State>

    init(now: Int64) {
        self.state = Mutex(State(lastWanted: now))
    }

    var leases: Int { self.state.withLock { $0.leases } }

    var lastWanted: Int64 { self.state.withLock { $0.lastWanted } }

    /// µs, monotonic; nil where no playlist was ever asked for.
    var lastListed: Int64? { self.state.withLock { $0.lastListed } }

    func lease() { self.state.withLock { $0.leases += 1 } }

    func release() { self.state.withLock { $0.leases -= 1 } }

    func want(now: Int64) { self.state.withLock { $0.lastWanted = now } }

    /// A playlist or a segment was asked for.
    ///
    /// - Returns: whether for the first time.
    func list(now: Int64) -> Bool {
        self.state.withLock { state in
            defer { (state.lastWanted, state.lastListed) = (now, now) }
            return state.lastListed == nil
        }
    }

    /// Whether a playlist or a segment was asked for within `span` µs.
    func isListed(within span: Int64, now: Int64) -> Bool {
        self.state.withLock { $0.lastListed.map { now - $0 < span } ?? false }
    }

    /// Whether nobody holds the format open or has asked for it for `span` µs. Where somebody holds it, it counts as wanted now.
    func isUnwanted(for span: Int64, now: Int64) -> Bool {
        self.state.withLock { state in
            guard state.leases == 0 else {
                state.lastWanted = now
                return false
            }
            return now - state.lastWanted >= span
        }
    }
}

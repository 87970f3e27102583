package import Linux
import Synchronization

/// Counts the connections that are open and those that have not said yet what they want, and refuses what goes over
/// the limits: half-open connections cannot keep viewers out.
package final class ConnectionGate: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Connections of every kind.
        package var total: Int
        /// Connections that have neither published, played nor asked for anything.
        package var undecided: Int
        /// The same from one address; of IPv6 from one network, which is what one customer has of it.
        package var undecidedPerHost: Int

        package init(total: Int, undecided: Int, undecidedPerHost: Int) {
            self.total = total
            self.undecided = undecided
            self.undecidedPerHost = undecidedPerHost
        }
    }

    /// Which limit a connection went over.
    package enum Refusal: Error, Hashable, Sendable {
        case total, undecided, undecidedPerHost
    }

    private struct State {
        var limits: Limits
        var total = 0
        var undecided = 0
        var undecidedByHost: [InternetAddress.Host: Int] = [:]
        var refused: UInt64 = 0
    }

    private let state: Mutex<State>

    package init(limits: Limits) {
        self.state = Mutex(State(limits: limits))
    }

    /// Other limits for those who come from now on.
    package func setLimits(_ limits: Limits) {
        self.state.withLock { $0.limits = limits }
    }

    package var open: Int { self.state.withLock { $0.total } }
    package var undecided: Int { self.state.withLock { $0.undecided } }
    package var refused: UInt64 { self.state.withLock { $0.refused } }

    /// A place for a new connection, or nil if there is none.
    package func admit(_ host: InternetAddress.Host) -> Ticket? {
        try? self.place(for: host)
    }

    /// A place for a new connection.
    ///
    /// - Parameters:
    ///   - host: where the connection comes from.
    ///   - elsewhere: connections that count against the total and are not open here any more.
    /// - Returns: its place, until the ticket goes.
    /// - Throws: which limit it would go over.
    package func place(for host: InternetAddress.Host, elsewhere: Int = 0) throws(Refusal) -> Ticket {
        let host = host.network
        let refusal = self.state.withLock { state -> Refusal? in
            let own = state.undecidedByHost[host, default: 0]
            if let refusal = Self.refusal(of: state, own: own, elsewhere: elsewhere) {
                state.refused += 1
                return refusal
            }
            state.total += 1
            state.undecided += 1
            state.undecidedByHost[host] = own + 1
            return nil
        }
        if let refusal { throw refusal }
        return Ticket(host: host, gate: self)
    }

    private static func refusal(of state: State, own: Int, elsewhere: Int) -> Refusal? {
        if elsewhere >= state.limits.total - state.total { return .total }
        if state.undecided >= state.limits.undecided { return .undecided }
        return own >= state.limits.undecidedPerHost ? .undecidedPerHost : nil
    }

    private func decide(_ host: InternetAddress.Host) {
        self.state.withLock { state in
            state.undecided -= 1
            let own = state.undecidedByHost[host, default: 1] - 1
            state.undecidedByHost[host] = own == 0 ? nil : own
        }
    }

    private func leave() {
        self.state.withLock { $0.total -= 1 }
    }

    /// One connection's place, given back when the ticket goes.
    package final class Ticket: Sendable {
        private let host: InternetAddress.Host
        private let gate: ConnectionGate
        private let isDecided = Atomic(false)

        fileprivate init(host: InternetAddress.Host, gate: ConnectionGate) {
            self.host = host
            self.gate = gate
        }

        /// The connection has said what it wants.
        package func decide() {
            guard !self.isDecided.exchange(true, ordering: .acquiringAndReleasing) else { return }
            self.gate.decide(self.host)
        }

        deinit {
            self.decide()
            self.gate.leave()
        }
    }
}

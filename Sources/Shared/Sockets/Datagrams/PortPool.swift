package import Contract
package import Linux
import Synchronization

/// The ports that the configuration sets apart, given out in pairs. Which are free the kernel knows: a port is back as soon
/// as the last descriptor of its socket is closed, however its holder ended.
package final class PortPool: Sendable {
    private struct State {
        var range: PortRange?
        var next = 0
    }

    private let state: Mutex<State>

    package init(_ range: PortRange?) {
        self.state = Mutex(State(range: range))
    }

    package var range: PortRange? { self.state.withLock { $0.range } }

    /// Ports that are out stay out.
    package func use(_ range: PortRange?) {
        self.state.withLock { state in
            guard state.range != range else { return }
            state = State(range: range)
        }
    }

    package struct Pair: ~Copyable, Sendable {
        package let even: OwnedDescriptor
        package let odd: OwnedDescriptor
        package let port: UInt16

        package consuming func separate() -> (HeldDescriptor, HeldDescriptor) {
            (HeldDescriptor(self.even), HeldDescriptor(self.odd))
        }
    }

    /// A pair that nobody has now. The one that was given out last comes last, so that stray packets of a session that has
    /// just ended do not reach the next.
    package func pair(isIPv6: Bool) throws(DatagramFailure) -> Pair {
        let host = isIPv6 ? InternetAddress.Host.anyV6 : .anyV4
        let (candidates, range) = self.candidates()
        guard let range else {
            throw DatagramFailure(
                "No UDP ports are set apart for this; write a range such as 30000-30999 as listen.udp, or use TCP."
            )
        }
        for port in candidates {
            guard let even = try? UDPSocket.bind(to: InternetAddress(host, port: port)),
                let odd = try? UDPSocket.bind(to: InternetAddress(host, port: port + 1))
            else { continue }
            // Viewers in any number are sent from it.
            try? UDPSocket.setSendBuffer(even, bytes: DatagramOpener.sendBuffer)
            self.state.withLock { state in
                if let range = state.range, range.contains(port) { state.next = Int(port - range.first) / 2 + 1 }
            }
            return Pair(even: even, odd: odd, port: port)
        }
        throw DatagramFailure("All UDP ports of listen.udp, \(range), are in use; widen the range.")
    }

    private func candidates() -> ([UInt16], PortRange?) {
        self.state.withLock { state in
            guard let range = state.range else { return ([], nil) }
            let pairs = range.pairs.compactMap { UInt16(exactly: $0) }
            guard !pairs.isEmpty else { return ([], range) }
            let start = state.next % pairs.count
            return (Array(pairs[start...] + pairs[..<start]), range)
        }
    }
}

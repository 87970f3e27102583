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
    ///
    /// - Parameters:
    ///   - isIPv6: The family of addresses.
    ///   - isShared: Whether other sockets are to be bound to the same ports later.
    /// - Returns: the two, bound.
    /// - Throws: Where there are no such ports, or none is free.
    package func pair(isIPv6: Bool, isShared: Bool = false) throws(DatagramFailure) -> Pair {
        let host = isIPv6 ? InternetAddress.Host.anyV6 : .anyV4
        let (candidates, range) = self.candidates()
        guard let range else {
            throw DatagramFailure(
                "No UDP ports are set apart for this; write a range such as 30000-30999 as listen.udp, or use TCP."
            )
        }
        for port in candidates {
            // Asked for alone: others that are shared may be there.
            guard self.isFree(host, port), self.isFree(host, port + 1),
                let even = try? UDPSocket.bind(to: InternetAddress(host, port: port), sharesPort: isShared),
                let odd = try? UDPSocket.bind(to: InternetAddress(host, port: port + 1), sharesPort: isShared)
            else { continue }
            self.state.withLock { state in
                if let range = state.range, range.contains(port) { state.next = Int(port - range.first) / 2 + 1 }
            }
            return Pair(even: even, odd: odd, port: port)
        }
        throw DatagramFailure("All UDP ports of listen.udp, \(range), are in use; widen the range.")
    }

    /// A pair of its own for a publisher's track, by which nothing is sent, and a socket that sends reports to the publisher.
    ///
    /// - Returns: the three, and the port of RTP; RTCP's is the next.
    package func publisher(
        _ host: InternetAddress.Host,
        _ peer: DatagramPeer
    ) throws(DatagramFailure) -> (sockets: [HeldDescriptor], port: UInt16) {
        let reports: OwnedDescriptor
        do throws(LinuxError) {
            reports = try UDPSocket.connect(to: InternetAddress(host, port: peer.rtcp))
        } catch {
            throw DatagramFailure("UDP to \(host) cannot be set up: \(error.reason).")
        }
        let pair = try self.pair(isIPv6: InternetAddress(host, port: 0).isIPv6)
        let port = pair.port
        let (even, odd) = pair.separate()
        for socket in [even, odd] {
            _ = socket.lend { socket in
                UDPSocket.endSending(socket)
                // For what comes while nobody reads: from the death of an instance to the next one's first read.
                _ = try? UDPSocket.setReceiveBuffer(socket, bytes: DatagramOpener.receiveBuffer)
            }
        }
        return ([even, odd, HeldDescriptor(reports)], port)
    }

    private func isFree(_ host: InternetAddress.Host, _ port: UInt16) -> Bool {
        (try? UDPSocket.bind(to: InternetAddress(host, port: port))) != nil
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

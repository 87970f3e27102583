package import Contract
package import Linux
import Synchronization

/// The UDP ports that viewers by RTSP are sent from: one pair for each family of addresses, set apart when the first viewer comes and
/// shared by all. Each viewer has two sockets of its own at them, which send to that viewer and hear nobody else.
package final class ViewerPorts: Sendable {
    private struct Family {
        let port: UInt16
        /// They keep the ports; nothing is sent or read by them.
        let kept: [HeldDescriptor]
    }

    private let pool: PortPool
    private let families = Mutex<[Bool: Family]>([:])

    /// Unread bytes that the kernel keeps: what is heard there matters only as a sign of life.
    private static let receiveBuffer = 4096

    package init(_ pool: PortPool) {
        self.pool = pool
    }

    /// - Returns: the sockets for RTP and RTCP, and the port of RTP; RTCP's is the next.
    package func sockets(
        to host: InternetAddress.Host,
        _ peer: DatagramPeer
    ) throws(DatagramFailure) -> (sockets: [HeldDescriptor], port: UInt16) {
        let isIPv6 = InternetAddress(host, port: 0).isIPv6
        let port = try self.port(isIPv6: isIPv6)
        let any = isIPv6 ? InternetAddress.Host.anyV6 : .anyV4
        do throws(LinuxError) {
            var sockets: [HeldDescriptor] = []
            for (own, other) in [(port, peer.rtp), (port + 1, peer.rtcp)] {
                let socket = try UDPSocket.bind(to: InternetAddress(any, port: own), sharesPort: true)
                try UDPSocket.setReceiveBuffer(socket, bytes: Self.receiveBuffer)
                try UDPSocket.connect(socket, to: InternetAddress(host, port: other))
                sockets.append(HeldDescriptor(socket))
            }
            return (sockets, port)
        } catch {
            throw DatagramFailure("UDP to \(host) cannot be set up: \(error.reason).")
        }
    }

    /// Whether viewers are sent from that port.
    package func use(_ port: UInt16) -> Bool {
        self.families.withLock { $0.values.contains { $0.port == port } }
    }

    private func port(isIPv6: Bool) throws(DatagramFailure) -> UInt16 {
        let outcome = self.families.withLock { families in
            Result { () throws(DatagramFailure) in
                if let known = families[isIPv6] { return known.port }
                let pair = try self.pool.pair(isIPv6: isIPv6, isShared: true)
                let port = pair.port
                let (even, odd) = pair.separate()
                for kept in [even, odd] {
                    _ = kept.lend { try? UDPSocket.setReceiveBuffer($0, bytes: Self.receiveBuffer) }
                }
                families[isIPv6] = Family(port: port, kept: [even, odd])
                return port
            }
        }
        return try outcome.get()
    }
}

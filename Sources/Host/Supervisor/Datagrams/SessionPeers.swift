import Contract
import Control
import Linux
import Sockets
import Synchronization

/// From where an instance was given connections by RTSP. To those addresses and no others it may have sockets for a session's
/// datagrams.
final class SessionPeers: Sendable {
    /// By address: requests that are left to it.
    private let left = Mutex<[InternetAddress.Host: Int]>([:])

    /// More addresses than speak with a relay at once; who comes beyond is served by TCP.
    private static let limit = 1 << 16

    /// The instance is given a connection, or takes over what became of one.
    func note(_ handover: Handover) {
        // Another machine's loopback is nobody that could be reached.
        guard handover.stage == .rtsp, !handover.isForeign, let address = InternetAddress(handover.peer) else { return }
        self.left.withLock { left in
            guard left[address.host] != nil || left.count < Self.limit else { return }
            let (sum, isOver) = left[address.host, default: 0].addingReportingOverflow(
                ControlLimits.requestsPerSession
            )
            left[address.host] = isOver ? Int.max : sum
        }
    }

    /// Where a peer's datagrams may go.
    func admit(_ peer: DatagramPeer) throws(DatagramFailure) -> InternetAddress.Host {
        guard min(peer.rtp, peer.rtcp) >= DatagramPeer.firstPort else {
            throw DatagramFailure("Nothing is sent to ports below \(DatagramPeer.firstPort); take others, or use TCP.")
        }
        guard let host = InternetAddress.Host(peer.host) else {
            throw DatagramFailure("'\(peer.host)' is not an address.")
        }
        let left = self.left.withLock { left -> Int? in
            guard let count = left[host] else { return nil }
            if count > 0 { left[host] = count - 1 }
            return count
        }
        switch left {
        case nil: throw DatagramFailure("Nobody speaks RTSP with this relay from \(host).")
        case 0: throw DatagramFailure("A session by RTSP has asked for UDP too often; connect again, or use TCP.")
        default: return host
        }
    }
}

import Contract
import Linux
import NIOCore
import Sessions
import Synchronization
import Wire

/// The UDP sockets that viewers by RTSP are sent from: two for each track of each, at ports that all share.
package final class RTSPViewerPorts: Sendable {
    struct Pair: Sendable {
        let rtp: HeldDescriptor
        let rtcp: HeldDescriptor
        /// Of RTP; RTCP's is the next.
        let port: UInt16
    }

    private let ports: any DatagramPorts

    init(_ ports: any DatagramPorts) {
        self.ports = ports
    }

    /// Sockets for one track.
    func pair(
        to host: InternetAddress.Host,
        _ client: RTSPTransport.Pair<UInt16>,
        on loop: any EventLoop
    ) -> EventLoopFuture<Pair> {
        let promise = loop.makePromise(of: Pair.self)
        self.ports.lend(.viewer(DatagramPeer(host: "\(host)", rtp: client.rtp, rtcp: client.rtcp))) { lent in
            let outcome = lent.flatMap { loan -> Result<Pair, DatagramRefusal> in
                guard loan.sockets.count == 2 else {
                    return .failure(DatagramRefusal(sentence: "A pair of UDP ports was asked for."))
                }
                return .success(Pair(rtp: loan.sockets[0], rtcp: loan.sockets[1], port: loan.port))
            }
            promise.completeWith(outcome.mapError { $0 })
        }
        return promise.futureResult
    }
}

import Contract
package import NIOCore
package import Sessions
package import Sockets
package import Streams
import Wire

/// Publishing and playing by RTSP, with RTP over the connection, as datagrams, or from a multicast group.
package final class RTSPService: ConnectionService {
    let services: RelayServices
    /// Where viewers are sent datagrams from.
    let viewerPorts: RTSPViewerPorts
    /// Sessions of players that are sent datagrams.
    let playbacks: RTSPPlaybacks
    let multicast: MulticastSenders

    package init(_ services: RelayServices) {
        self.services = services
        self.viewerPorts = RTSPViewerPorts(services.ports, clock: services.clock)
        self.playbacks = RTSPPlaybacks(
            timeout: RTSPSessionConfiguration().timeout,
            clock: services.clock,
            log: services.log
        )
        self.multicast = MulticastSenders(services)
    }

    package func open(
        _ socket: AdoptedSocket,
        _ origin: ConnectionOrigin,
        on group: any EventLoopGroup
    ) throws -> EventLoopFuture<any Channel> {
        try socket.open(on: group) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    RTSPConnection(socket: socket, service: self, opening: origin.opening)
                )
            }
        }
    }

    package func sweep(now: Now) {
        self.multicast.sweep()
        self.playbacks.sweep()
    }
}

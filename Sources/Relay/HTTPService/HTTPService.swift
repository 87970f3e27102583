import Admission
package import Contract
package import Linux
package import NIOCore
import NIOHTTP1
package import Sessions
package import Sockets
package import Streams
import Web

/// Everything a relay answers by HTTP: streams that do not end, playlists and segments, probes and metrics.
package struct HTTPService: ConnectionService {
    /// Gives a connection back whose next request is for somebody else, with the bytes read of it.
    package typealias ReturnHandler = @Sendable (Handover, consuming OwnedDescriptor, [UInt8]) -> Void

    private let services: RelayServices
    private let pages: StatusPages
    private let onReturn: ReturnHandler?
    private let status: @Sendable (Now) -> RelaySnapshot

    /// - Parameters:
    ///   - services: who may come in, and where they go from there.
    ///   - pages: what probes are answered.
    ///   - onReturn: nil: the relay answers every request itself.
    ///   - status: what is true of the relay.
    package init(
        _ services: RelayServices,
        pages: StatusPages,
        onReturn: ReturnHandler?,
        status: @escaping @Sendable (Now) -> RelaySnapshot
    ) {
        self.services = services
        self.pages = pages
        self.onReturn = onReturn
        self.status = status
    }

    package func open(
        _ socket: AdoptedSocket,
        _ origin: ConnectionOrigin,
        on group: any EventLoopGroup
    ) throws -> EventLoopFuture<any Channel> {
        let responder = HTTPResponder(
            self.services.admission,
            host: socket.peer.host,
            isBesidePages: self.onReturn != nil,
            pages: self.pages,
            status: self.status
        )
        return try socket.open(on: group) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                let queue = self.requestQueue(for: socket, origin)
                if let queue { try pipeline.addHandler(queue) }
                try pipeline.addHTTPServer()
                try pipeline.addHandler(
                    HTTPConnection(socket: socket, responder: responder, services: self.services, requestQueue: queue)
                )
            }
        }
    }

    /// Where the host accepted the connection, requests for somebody else go back to it.
    private func requestQueue(for socket: AdoptedSocket, _ origin: ConnectionOrigin) -> HTTPRequestQueue? {
        guard case .handedOver(let handover, let opening) = origin, let onReturn = self.onReturn else { return nil }
        return HTTPRequestQueue(socket: socket, relay: self.services.spec.name, opening: opening) { socket, bytes in
            guard let descriptor = socket.take() else { return }
            onReturn(handover, descriptor, Array(bytes.readableBytesView))
        }
    }
}

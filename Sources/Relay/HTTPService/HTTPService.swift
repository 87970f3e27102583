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

    let services: RelayServices
    private let pages: StatusPages
    private let onReturn: ReturnHandler?
    /// Has connections outlive the process; nil: none does.
    let keeping: HTTPKeeping?
    private let status: @Sendable (Now) -> RelaySnapshot

    /// - Parameters:
    ///   - services: who may come in, and where they go from there.
    ///   - pages: what probes are answered.
    ///   - onReturn: nil: the relay answers every request itself.
    ///   - keeping: has connections outlive the process; nil: none does.
    ///   - status: what is true of the relay.
    package init(
        _ services: RelayServices,
        pages: StatusPages,
        onReturn: ReturnHandler?,
        keeping: HTTPKeeping? = nil,
        status: @escaping @Sendable (Now) -> RelaySnapshot
    ) {
        self.services = services
        self.pages = pages
        self.onReturn = onReturn
        self.keeping = keeping
        self.status = status
    }

    package func open(
        _ socket: AdoptedSocket,
        _ origin: ConnectionOrigin,
        on group: any EventLoopGroup
    ) throws -> EventLoopFuture<any Channel> {
        try socket.open(on: group) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                // Where the host accepted the connection, requests for somebody else go back to it.
                guard case .handedOver(let handover, let opening) = origin, self.onReturn != nil else {
                    return try self.addHandlers(for: socket, queue: nil, nil, to: pipeline)
                }
                let journal = self.keeping.map { HTTPJournal(socket, input: opening, $0) }
                if let journal { try pipeline.addHandler(journal) }
                let queue = self.requestQueue(for: socket, handover, opening: opening, journal)
                try self.addHandlers(for: socket, queue: queue, journal, to: pipeline)
            }
        }
    }

    /// Adds what understands and answers requests.
    func addHandlers(
        for socket: AdoptedSocket,
        queue: HTTPRequestQueue?,
        _ journal: HTTPJournal?,
        to pipeline: ChannelPipeline.SynchronousOperations
    ) throws {
        let responder = HTTPResponder(
            self.services.admission,
            host: socket.peer.host,
            isBesidePages: self.onReturn != nil,
            pages: self.pages,
            status: self.status
        )
        if let queue { try pipeline.addHandler(queue) }
        try pipeline.addHTTPServer()
        try pipeline.addHandler(
            HTTPConnection(
                socket: socket,
                responder: responder,
                services: self.services,
                requestQueue: queue,
                journal: journal
            )
        )
    }

    func requestQueue(
        for socket: AdoptedSocket,
        _ handover: Handover,
        opening: ByteBuffer,
        isFirst: Bool = true,
        _ journal: HTTPJournal?
    ) -> HTTPRequestQueue? {
        guard let onReturn = self.onReturn else { return nil }
        return HTTPRequestQueue(
            socket: socket,
            relay: self.services.spec.name,
            opening: opening,
            isFirst: isFirst,
            journal: journal
        ) { socket, bytes in
            guard let descriptor = socket.take() else { return }
            onReturn(handover, descriptor, Array(bytes.readableBytesView))
        }
    }
}

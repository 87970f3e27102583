import Contract
import Linux
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Sockets
import Synchronization

/// Ends TLS in the host: what is under it goes through a socket pair, whose other end is a connection like any other
/// to the front door and to relays. The kernel counts what goes through it, so that it outlives a relay's instance as others do.
final class TLSTerminator: Sendable {
    /// What the thread of the pumps needs at every connection.
    struct Services: Sendable {
        let limits: FrontDoorLimits
        let ledger: DoorLedger
        let inbox: DoorInbox
        let log: Logger
        /// Nil where there are none: then a connection ends with the instance that has it.
        var pairs: CountedPairs?
    }

    private struct State {
        var store: CertificateStore?
        var group: MultiThreadedEventLoopGroup?
        var pairs: CountedPairs?
    }

    /// Between two signs of the thread of the pumps that it comes round.
    private static let pulse = TimeAmount.milliseconds(500)

    private let services: Services
    private let beat = Beat()
    private let state = Mutex(State())

    init(_ services: Services) {
        self.services = services
    }

    /// Shows these certificates from now on; nil shows none and refuses everybody.
    func use(_ spec: TLSSpec?) throws {
        let (interval, log) = (self.services.limits.certificateInterval, self.services.log)
        let store = try spec.map { try CertificateStore($0, interval: interval, log: log) }
        self.state.withLock { state in
            state.store = store
            guard state.group == nil, store != nil else { return }
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            state.group = group
            self.beat.note()
            group.next().scheduleRepeatedTask(initialDelay: .zero, delay: Self.pulse) { [beat] _ in beat.note() }
            do throws(LinuxError) {
                state.pairs = try CountedPairs()
            } catch {
                log.warning("connections with TLS end with their relay's instance", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The certificate that ends first; see ``Credentials/firstToExpire``.
    var firstToExpire: (expires: Int, name: String?)? {
        self.state.withLock { $0.store }?.credentials.firstToExpire
    }

    /// When the thread of the pumps last came round; nil while there is none.
    var lastRound: MonotonicInstant? { self.state.withLock { $0.group == nil ? nil : self.beat.last } }

    /// Shakes hands with who came to a TLS listener.
    func welcome(_ arrival: consuming Arrival) {
        let (store, group, pairs) = self.state.withLock { ($0.store, $0.group, $0.pairs) }
        guard let context = store?.credentials.context, let group else {
            return self.services.ledger.note(.tls)
        }
        let visitor = TLSVisitor(
            handover: arrival.handover,
            ticket: arrival.ticket,
            since: arrival.since
        )
        let descriptor = arrival.release()
        try? TCPSocket.setNoDelay(descriptor)
        var services = self.services
        services.pairs = pairs
        ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { [services] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let activity = PeerActivity()
                    try pipeline.addHandler(activity)
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    try pipeline.addHandler(TLSEntrance(visitor, services, activity))
                }
            }
            .withConnectedSocket(descriptor.release())
            .whenComplete { [services] result in
                switch result {
                case .success(let channel):
                    // Nothing was read yet: who finds out whom it is for looks after its end from then on.
                    visitor.ticket.whenEvicted { channel.close(promise: nil) }
                case .failure(let error):
                    services.ledger.note(.tls)
                    services.log.debug("a TLS connection cannot be served", metadata: ["error": "\(error)"])
                }
            }
    }

    /// Ends all connections.
    func stop() {
        let group = self.state.withLock { state in
            state.store = nil
            state.pairs = nil
            return state.group.take()
        }
        try? group?.syncShutdownGracefully()
    }

    deinit {
        self.state.withLock { $0.group.take() }?.shutdownGracefully { _ in }
    }
}

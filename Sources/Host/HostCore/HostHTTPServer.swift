internal import Console
internal import Contract
internal import FrontDoor
internal import Linux
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Sockets
internal import Supervisor
internal import Synchronization
internal import Web

/// Serves the host's own HTTP addresses: page, API, health, metrics.
final class HostHTTPServer: Sendable {
    /// What is usual for a stream is known only to who looks regularly.
    private static let observeInterval = TimeAmount.seconds(1)

    private let responder: ConsoleResponder
    private let supervisor: Supervisor
    private let group: MultiThreadedEventLoopGroup
    private let log: Logger
    private let observing: RepeatedTask

    /// When the streams were last looked at.
    private let looked: Beat

    var lastLook: Instant { Instant(self.looked.last) }

    init(host: HostProcess, token: Secret, group: MultiThreadedEventLoopGroup, log: Logger) {
        let responder = ConsoleResponder(host: host, token: token)
        let looked = Beat()
        self.looked = looked
        self.responder = responder
        self.supervisor = host.supervisor
        self.group = group
        self.log = log
        self.observing = group.next().scheduleRepeatedTask(
            initialDelay: Self.observeInterval,
            delay: Self.observeInterval
        ) { [weak host, looked] _ in
            responder.observe()
            looked.note()
            guard let host else { return }
            host.openElsewhere.store(host.supervisor.openConnections, ordering: .relaxed)
        }
    }

    func stop() {
        self.observing.cancel()
    }

    /// Takes a connection for one request.
    func serve(_ arrival: consuming Arrival) {
        let (handover, payload, ticket) = (arrival.handover, arrival.payload, arrival.ticket)
        let descriptor = arrival.release()
        let peer = handover.address
        let isSecondHand = SocketCookie(of: descriptor).map(self.supervisor.ledger.hasPassedThroughARelay) ?? false
        let visitor = HostVisitor(handover: handover, isSecondHand: isSecondHand)
        let (responder, log) = (self.responder, self.log)
        let socket = AdoptedSocket(descriptor, peer: peer, ticket: ticket)
        do throws(LinuxError) {
            try socket.open(on: self.group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(BytesReadAhead(payload))
                    try pipeline.addHTTPServer()
                    try pipeline.addHandler(
                        HostConnection(socket: socket, visitor: visitor, responder: responder, log: log)
                    )
                }
            }.whenFailure { _ in socket.close() }
        } catch {
            log.error("cannot serve a connection", metadata: ["error": "\(error)"])
            socket.close()
        }
    }
}

/// The peer of a connection that the host itself serves.
struct HostVisitor: Sendable {
    let handover: Handover

    /// Whether a relay had the connection before. What seems to come from its peer may be the relay's own invention: it may
    /// ask, as anybody may, but orders need the token.
    let isSecondHand: Bool

    func caller(isOrder: Bool) -> Caller {
        Caller(
            // What a proxy passes on from loopback comes from nobody on this machine.
            address: self.handover.isForeign || self.isSecondHand && isOrder ? "unknown" : self.handover.peer,
            isSecure: self.handover.isSecure
        )
    }
}

/// Lets bytes that were read before the channel was there go first.
final class BytesReadAhead: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        guard !self.bytes.isEmpty else { return }
        context.fireChannelRead(self.wrapInboundOut(ByteBuffer(bytes: self.bytes)))
        context.fireChannelReadComplete()
    }
}

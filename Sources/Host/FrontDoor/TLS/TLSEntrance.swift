import Contract
import Linux
import Logging
import NIOCore
import NIOPosix
import NIOTLS
import Sockets
import Wire

/// A connection on which TLS is being negotiated.
struct TLSVisitor: Sendable {
    let handover: Handover
    let ticket: ConnectionLimiter.Ticket
    let since: MonotonicInstant
}

/// Notices whether a peer said anything at all: one that did not is a probe, and no failure.
final class PeerActivity: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var came = false

    /// Whether what it said first is a header of a proxy that nobody trusts.
    private(set) var isProxy = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !self.came { self.isProxy = ProxyHeader.begins(Array(self.unwrapInboundIn(data).readableBytesView)[...]) }
        self.came = true
        context.fireChannelRead(data)
    }
}

/// Waits for the handshake of one TLS connection; then makes the socket pair, gives one end of it to the front door,
/// and leaves its place to a pump between the other end and the peer.
final class TLSEntrance: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private enum State {
        case shakingHands
        /// Done; what the peer has sent since is kept for the pump.
        case opening([NIOAny], isReadWanted: Bool)
        case closed
    }

    private let visitor: TLSVisitor
    private let services: TLSTerminator.Services
    private let activity: PeerActivity
    private var state = State.shakingHands
    private var deadline: Scheduled<Void>?

    init(_ visitor: TLSVisitor, _ services: TLSTerminator.Services, _ activity: PeerActivity) {
        self.visitor = visitor
        self.services = services
        self.activity = activity
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let limit = TimeAmount(self.services.limits.handshake)
        self.deadline = context.eventLoop.scheduleTask(in: limit) {
            let (entrance, context) = bound.value
            entrance.fail(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.deadline?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .shakingHands = self.state, case .handshakeCompleted? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        self.deadline?.cancel()
        self.state = .opening([], isReadWanted: false)
        self.open(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .opening(let kept, let isReadWanted) = self.state else { return }
        self.state = .opening(kept + [data], isReadWanted: isReadWanted)
    }

    /// Nothing more is read of a peer whose first bytes have no place to go yet.
    func read(context: ChannelHandlerContext) {
        if case .opening(let kept, _) = self.state {
            self.state = .opening(kept, isReadWanted: true)
        } else {
            context.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.services.log.debug("TLS failed", metadata: ["peer": "\(self.visitor.handover.peer)", "error": "\(error)"])
        self.fail(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(context)
        context.fireChannelInactive()
    }

    private func fail(_ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        if case .shakingHands = self.state, self.activity.came {
            self.services.ledger.note(.tls)
            if self.activity.isProxy {
                let sentence = DoorSentences.untrustedProxy(self.visitor.handover.address.host)
                self.services.inbox.post(.refused(.untrustedProxy, sentence))
            }
        }
        self.state = .closed
        context.close(promise: nil)
    }

    // MARK: The pair

    private func open(_ context: ChannelHandlerContext) {
        do {
            let outer = PumpHandler(.peer)
            let inner = PumpHandler(.relay, partner: outer)
            let number = try self.makePair()
            let bound = NIOLoopBound((self, context, outer, inner), eventLoop: context.eventLoop)
            ClientBootstrap(group: context.eventLoop)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(bound.value.3)
                    }
                }
                .withConnectedSocket(number)
                .whenComplete { result in
                    let (entrance, context, outer, _) = bound.value
                    entrance.finish(result, outer, context)
                }
        } catch {
            self.services.log.error("a TLS connection cannot be handed on", metadata: ["error": "\(error)"])
            self.fail(context)
        }
    }

    /// Sends one end of a new pair to the front door.
    ///
    /// - Returns: The other end.
    private func makePair() throws(LinuxError) -> CInt {
        let pair = try self.connectedPair()
        let arrival = Arrival(
            descriptor: pair.second,
            known: PendingConnection(self.visitor.handover),
            ticket: self.visitor.ticket,
            since: self.visitor.since
        )
        arrival.makeRoom()
        self.services.inbox.post(.admit(Transfer(arrival)))
        return pair.first.release()
    }

    /// One whose bytes are counted; where there is none, one that is not, which does not outlive the instance that gets it.
    private func connectedPair() throws(LinuxError) -> SocketPair {
        do throws(LinuxError) {
            guard let pairs = self.services.pairs else { return try TCPSocket.pair() }
            let pair = try pairs.make()
            try TCPSocket.setNoDelay(pair.first)
            return pair
        } catch {
            self.services.log.debug("a pair is not counted", metadata: ["error": "\(error)"])
            return try TCPSocket.pair()
        }
    }

    private func finish(_ result: Result<any Channel, any Error>, _ pump: PumpHandler, _ context: ChannelHandlerContext)
    {
        guard case .opening(let kept, let isReadWanted) = self.state, case .success(let channel) = result else {
            if case .success(let channel) = result { channel.close(promise: nil) }
            return self.fail(context)
        }
        self.state = .closed
        let ledger = self.services.ledger
        ledger.change { $0.tlsOpen += 1 }
        context.channel.closeFuture.whenComplete { _ in ledger.change { $0.tlsOpen -= 1 } }
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(pump, position: .after(self))
            for data in kept { context.fireChannelRead(data) }
            if !kept.isEmpty { context.fireChannelReadComplete() }
            pipeline.removeHandler(context: context, promise: nil)
            if isReadWanted { context.channel.read() }
        } catch {
            channel.close(promise: nil)
            context.close(promise: nil)
        }
    }
}

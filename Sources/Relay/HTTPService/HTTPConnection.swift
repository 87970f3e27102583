import Admission
import Contract
import Fanout
import Linux
import Logging
import NIOCore
import NIOHTTP1
import Sessions
import Sockets
import Streams
import Web

/// One HTTP connection: requests one after another until one of them asks for a stream that does not end, which takes
/// the connection out of SwiftNIO and into the fan-out engine.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Bytes of a request's body that are read over; no address here wants one.
    static let bodyLimit = 64 << 10

    private let socket: AdoptedSocket
    private let responder: HTTPResponder
    private let delivery: ViewerDelivery
    private let deadlines: ConnectionDeadlines
    /// Where the host owns the listener, and other requests of the connection.
    private let requestQueue: HTTPRequestQueue?
    /// Where answers are written down for the process that goes on with the connection when this one dies.
    private let journal: HTTPJournal?
    private let log: Logger
    private var request: HTTPRequestHead?
    private var bodyBytes = 0
    private var isLeaving = false
    private var deadline: Scheduled<Void>?
    /// Ends the wait for a stream's segments.
    private var stopWaiting: (@Sendable () -> Void)?

    init(
        socket: AdoptedSocket,
        responder: HTTPResponder,
        services: RelayServices,
        requestQueue: HTTPRequestQueue? = nil,
        journal: HTTPJournal? = nil
    ) {
        self.socket = socket
        self.responder = responder
        self.delivery = services.delivery
        self.deadlines = services.deadlines
        self.requestQueue = requestQueue
        self.journal = journal
        self.log = services.log
    }

    func channelActive(context: ChannelHandlerContext) {
        self.expect(within: self.deadlines.head, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.stopWaiting?()
        // Where the channel closes because the connection leaves it, the connection itself stays open.
        if !self.isLeaving, self.requestQueue?.isHandingBack != true { self.socket.close() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that goes away is no news; a request that cannot be read has been answered with 400 by now.
        self.log.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.bodyBytes = 0
            self.request = self.meet(head, context) ? nil : head
        case .body(let body):
            self.bodyBytes += body.readableBytes
            if self.bodyBytes > Self.bodyLimit { context.close(promise: nil) }
        case .end:
            guard let head = self.request else { return }
            self.request = nil
            // Only now: a request that goes on and on says nothing.
            self.socket.ticket.move(to: .answering)
            self.respond(to: head, isLast: false, context)
        }
    }

    private func respond(
        to head: HTTPRequestHead,
        isLast: Bool,
        endsAfter: Bool = false,
        _ context: ChannelHandlerContext
    ) {
        self.expect(within: self.deadlines.write, context)
        let request = HTTPRequest(head)
        let agent = head.headers.first(name: "user-agent") ?? ""
        let peer = self.peer(of: request)
        let who = "\(peer.host) \(agent.prefix(80))"
        let now = SystemClock.now
        var responder = self.responder
        responder.host = peer.host
        switch responder.answer(request, who: who, isLast: isLast, now: now) {
        case .reply(let reply):
            self.send(reply, to: head, isBodyless: request.method == .head, endsAfter: endsAfter, context)
        case .live(let answer):
            self.hand(answer, to: peer, context)
        case .liveHead(let head):
            self.sendRaw(head, context)
        case .await(let stream, let format, let segments):
            self.wait(for: stream, format, segments: segments, head, now, context)
        }
    }

    /// Who asks: whoever opened the connection, or for whom a trusted proxy says that it asks.
    private func peer(of request: HTTPRequest) -> InternetAddress {
        let peer = self.socket.peer
        let trusted = self.responder.trustedProxies
        guard trusted.trust(peer.host) else { return peer }
        let chain = ForwardedFor.chain(of: request).map { $0.flatMap { InternetAddress.Host($0) } }
        // By which port it came to the proxy, nobody says.
        return trusted.client(behind: peer.host, chain).map { InternetAddress($0, port: 0) } ?? peer
    }

    private func send(
        _ reply: HTTPReply,
        to request: HTTPRequestHead,
        isBodyless: Bool,
        endsAfter: Bool = false,
        _ context: ChannelHandlerContext
    ) {
        let keepAlive = !endsAfter && request.isKeepAlive && self.requestQueue?.endsWithAnswer != true
        self.journal?.begin(
            reply,
            isBodyless: isBodyless,
            isLast: !keepAlive,
            waiting: self.requestQueue?.waiting ?? 0
        )
        context.write(
            self.wrapOutboundOut(.head(reply.head(version: request.version, keepAlive: keepAlive))),
            promise: nil
        )
        if !isBodyless, reply.body.readableBytes > 0 {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            // What the body is a copy of counts as memory until it was sent.
            withExtendedLifetime(reply.holds) {}
            let (connection, context) = bound.value
            guard keepAlive else {
                context.close(promise: nil)
                return
            }
            connection.expect(within: connection.deadlines.head, context)
            connection.socket.ticket.move(to: .idle)
            connection.journal?.finish()
            connection.requestQueue?.answered()
        }
    }

    /// Sends a response's head as it is, past the encoder, which would give it a length; the connection ends with it.
    private func sendRaw(_ head: ByteBuffer, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        do {
            let encoder = try context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
            encoder.writeAndFlush(NIOAny(head)).whenComplete { _ in bound.value.close(promise: nil) }
        } catch {
            context.close(promise: nil)
        }
    }

    /// Tells a client that waits for a word before it sends a request's body (RFC 9110 section 10.1.1).
    ///
    /// - Returns: whether the request was answered at once.
    private func meet(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) -> Bool {
        let expectations = head.headers["expect"]
        guard !expectations.isEmpty, head.version != .http1_0 else { return false }
        guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
            let sentence = "Nothing is expected here but 100-continue."
            self.send(.sentence(.expectationFailed, sentence), to: head, isBodyless: false, endsAfter: true, context)
            return true
        }
        guard head.method == .GET || head.method == .HEAD || head.method == .OPTIONS else {
            // Its body is not wanted: the answer comes instead of it.
            self.respond(to: head, isLast: true, endsAfter: true, context)
            return true
        }
        let go = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(self.wrapOutboundOut(.head(go)), promise: nil)
        return false
    }

    /// Answers once the stream has its first segments, or when the player has waited long enough.
    private func wait(
        for stream: Streams.Stream,
        _ format: WireFormat,
        segments: Int,
        _ head: HTTPRequestHead,
        _ now: Now,
        _ context: ChannelHandlerContext
    ) {
        // It takes longer than most, and whoever goes on with the connection can answer as well.
        self.journal?.keep()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let ready = eventLoop.makePromise(of: Void.self)
        let timeout = eventLoop.scheduleTask(in: .nanoseconds(HTTPResponder.playlistTimeout.nanoseconds)) {
            ready.succeed()
        }
        let number = stream.whenSegments(segments, of: format, now: now) { ready.succeed() }
        self.stopWaiting = {
            timeout.cancel()
            if let number { stream.forgetSegmentWaiter(number) }
            ready.succeed()
        }
        ready.futureResult.whenComplete { _ in
            let (connection, context) = bound.value
            let stop = connection.stopWaiting.take()
            stop?()
            guard context.channel.isActive else { return }
            connection.respond(to: head, isLast: true, context)
        }
    }

    /// Leaves the connection to the fan-out engine, with the response's head as its first bytes.
    private func hand(_ answer: LiveAnswer, to peer: InternetAddress, _ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let opening = answer.head
        self.isLeaving = true
        self.journal?.forget()
        self.socket.ticket.decide()
        let (socket, delivery) = (self.socket, self.delivery)
        context.close().whenComplete { _ in
            delivery.begin(
                NegotiatedViewer(
                    socket: socket,
                    peer: peer,
                    lease: answer.viewer.lease,
                    session: answer.viewer.session,
                    opening: opening,
                    tick: answer.tick,
                    dialogue: nil
                )
            )
        }
    }

    private func expect(within time: TimeAmount, _ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.deadline = context.eventLoop.scheduleTask(in: time) {
            let (connection, context) = bound.value
            connection.socket.ticket.note(.tooSlow)
            connection.log.debug("connection closed: nothing happened on it for too long")
            context.close(promise: nil)
        }
    }
}

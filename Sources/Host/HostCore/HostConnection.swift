internal import Console
internal import Contract
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Pages
internal import Sockets
internal import Web

/// One HTTP connection of the host's: one request, one answer. At the front door the next request may be for a relay, and
/// comes on a connection that is given away by its first line; so none is kept open here.
final class HostConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Bytes of a request's body that are read over. The pages take the first of them.
    private static let bodyLimit = 64 << 10
    /// For the whole request to come, for the answer to be read, and for the peer to close after it.
    private static let requestTime = TimeAmount.seconds(15)
    private static let answerTime = TimeAmount.seconds(30)
    private static let farewellTime = TimeAmount.seconds(2)

    private let socket: AdoptedSocket
    private let caller: Caller
    /// Where there are any: beside what relays answer.
    private let pages: PageResponder?
    private let responder: ConsoleResponder
    private let log: Logger
    private var request: HTTPRequestHead?
    private var bodyBytes = 0
    private var body = ByteBuffer()
    private var isAnswered = false
    private var deadline: Scheduled<Void>?
    private var feed: ConsoleFeed?
    private var telling: RepeatedTask?
    private var passedOver = 0

    init(
        socket: AdoptedSocket,
        caller: Caller,
        pages: PageResponder?,
        responder: ConsoleResponder,
        log: Logger
    ) {
        self.socket = socket
        self.caller = caller
        self.pages = pages
        self.responder = responder
        self.log = log
    }

    func channelActive(context: ChannelHandlerContext) {
        self.expect(within: Self.requestTime, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.telling?.cancel()
        self.feed?.close()
        self.socket.close()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that goes away is no news; a request that cannot be read has been answered with 400 by now.
        self.log.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isAnswered else { return }
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.request = head
        case .body(let body):
            self.bodyBytes += body.readableBytes
            if self.pages != nil, self.bodyBytes <= PageResponder.bodyLimit { self.body.writeImmutableBuffer(body) }
            if self.bodyBytes > Self.bodyLimit { context.close(promise: nil) }
        case .end:
            guard let head = self.request else { return }
            self.isAnswered = true
            self.socket.ticket.move(to: .answering)
            self.answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.expect(within: Self.answerTime, context)
        let request = HTTPRequest(head)
        let asked = PageResponder.Request(
            request,
            body: self.bodyBytes <= PageResponder.bodyLimit ? self.body : ByteBuffer(),
            peer: self.caller.host ?? "",
            isSecure: self.caller.isSecure
        )
        if let page = self.pages?.answer(asked) { return self.send(page, to: head, context) }
        switch self.responder.answer(request, from: self.caller) {
        case .reply(let reply): self.send(reply, to: head, context)
        case .feed(let feed): self.follow(feed, head, context)
        case .relay(let relay):
            // Added to the configuration in this moment.
            self.send(.later("The relay '\(relay)' has just come to be; ask again."), to: head, context)
        case .pending(let finish):
            let answer = context.eventLoop.makeFutureWithTask { await finish() }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            answer.whenSuccess { reply in
                let (connection, context) = bound.value
                guard context.channel.isActive else { return }
                connection.send(reply, to: head, context)
            }
        }
    }

    private func send(_ reply: HTTPReply, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        context.write(
            self.wrapOutboundOut(.head(reply.head(version: request.version, keepAlive: false))),
            promise: nil
        )
        if request.method != .HEAD, reply.body.readableBytes > 0 {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            let (connection, context) = bound.value
            // The peer closes once it has read all; closing first could take the answer from it (RFC 9112 section 9.6).
            connection.expect(within: Self.farewellTime, context)
            context.close(mode: .output, promise: nil)
        }
    }

    // MARK: - Feeds

    /// Between two looks for news, and how long a page may take nothing before it is let go.
    private static let feedInterval = TimeAmount.seconds(1)
    private static let feedPatience = 20
    /// A page asks again after so long, and shows anew that it may.
    private static let feedTime = TimeAmount.hours(1)

    private func follow(_ feed: ConsoleFeed, _ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.expect(within: Self.feedTime, context)
        self.feed = feed
        var head = HTTPResponseHead(version: request.version, status: .ok)
        head.headers.add(name: "Content-Type", value: ConsoleFeed.contentType)
        head.headers.add(name: "Cache-Control", value: HTTPReply.Cache.never.rawValue)
        head.headers.add(name: "X-Content-Type-Options", value: "nosniff")
        head.headers.add(name: "Connection", value: "close")
        context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
        guard request.method != .HEAD else {
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            return self.expect(within: Self.farewellTime, context)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.telling = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.feedInterval) { _ in
            let (connection, context) = bound.value
            connection.tellNews(context)
        }
    }

    /// Nothing waits for a page that takes nothing: it is told what there is when it takes some again, or let go.
    private func tellNews(_ context: ChannelHandlerContext) {
        guard context.channel.isWritable else {
            self.passedOver += 1
            if self.passedOver > Self.feedPatience { context.close(promise: nil) }
            return
        }
        self.passedOver = 0
        guard let news = self.feed?.next() else { return context.close(promise: nil) }
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(news))), promise: nil)
    }

    private func expect(within time: TimeAmount, _ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        self.deadline = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }
}

import Contract
import NIOCore
import Sockets
import Web

/// Stands before the HTTP decoder where the host gave the connection: lets one request through at a time, and leaves the
/// connection when the next is for somebody else.
final class HTTPRequestQueue: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes of requests that wait for an answer to the one before; no more is read meanwhile. With the read that goes
    /// over it they still fit a control message.
    private static let heldLimit = 48 << 10

    private let socket: AdoptedSocket
    private let opening: ByteBuffer
    private let journal: HTTPJournal?
    private let onReturn: @Sendable (AdoptedSocket, ByteBuffer) -> Void
    private var splitter: HTTPRequestSplitter
    private var isFull = false
    private var context: ChannelHandlerContext?

    /// - Parameters:
    ///   - socket: the connection.
    ///   - relay: whose requests are served here.
    ///   - opening: what was read before the connection came here.
    ///   - isFirst: whether nobody has asked for anything on the connection before.
    ///   - journal: has the connection outlive the process.
    ///   - onReturn: takes the connection, and the bytes read of it, where the next request is for somebody else.
    init(
        socket: AdoptedSocket,
        relay: RelayName,
        opening: ByteBuffer,
        isFirst: Bool = true,
        journal: HTTPJournal? = nil,
        onReturn: @escaping @Sendable (AdoptedSocket, ByteBuffer) -> Void
    ) {
        self.socket = socket
        self.opening = opening
        self.splitter = HTTPRequestSplitter(relay: relay.rawValue, isFirst: isFirst) { method, components in
            PageAddress(components)?.isAsked(by: method) ?? false
        }
        self.journal = journal
        self.onReturn = onReturn
    }

    /// Whether the connection must end with the answer to this request.
    var endsWithAnswer: Bool { self.splitter.isPassing }

    /// Bytes of requests behind the one that was let through.
    var waiting: Int { self.splitter.waiting }

    private(set) var isHandingBack = false

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        guard self.opening.readableBytes > 0 else { return }
        self.splitter.append(self.opening)
        self.advance(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.splitter.append(self.unwrapInboundIn(data))
        self.advance(context)
    }

    /// The answer to the request that was let through is in the kernel's hands.
    func answered() {
        self.splitter.answered()
        guard let context = self.context else { return }
        // Not from within: a client that sends a thousand requests at once would nest their answers as deep.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            guard let context = bound.value.context else { return }
            bound.value.advance(context)
        }
    }

    private func advance(_ context: ChannelHandlerContext) {
        switch self.splitter.next() {
        case .wait: break
        case .serve(let bytes), .pass(let bytes):
            context.fireChannelRead(self.wrapInboundOut(bytes))
            context.fireChannelReadComplete()
        case .handBack(let bytes):
            self.isHandingBack = true
            self.journal?.forget()
            let (socket, onReturn) = (self.socket, self.onReturn)
            // The channel closes its own descriptor of the connection; the other one goes.
            context.channel.close().whenComplete { _ in onReturn(socket, bytes) }
            return
        }
        let isFull = self.splitter.waiting >= Self.heldLimit
        guard isFull != self.isFull else { return }
        self.isFull = isFull
        context.channel.setOption(.autoRead, value: !isFull).whenFailure { _ in }
    }
}

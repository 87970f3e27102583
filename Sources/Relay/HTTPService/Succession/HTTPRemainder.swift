import NIOCore
import Sockets

/// Sends what is left of an answer that another process has begun. Nothing is read meanwhile.
final class HTTPRemainder: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let socket: AdoptedSocket
    private let bytes: ByteBuffer
    private let limit: TimeAmount
    private let onSent: (ChannelHandlerContext) -> Void
    private var deadline: Scheduled<Void>?
    private var isReadWanted = false

    /// - Parameters:
    ///   - bytes: what is left.
    ///   - socket: the connection, which is closed if that cannot be sent.
    ///   - limit: how long that may take.
    ///   - onSent: the kernel has it; the handler is to be removed, or the channel closed.
    init(
        _ bytes: ByteBuffer,
        on socket: AdoptedSocket,
        within limit: TimeAmount,
        onSent: @escaping (ChannelHandlerContext) -> Void
    ) {
        self.bytes = bytes
        self.socket = socket
        self.limit = limit
        self.onSent = onSent
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.deadline = context.eventLoop.scheduleTask(in: self.limit) { bound.value.1.close(promise: nil) }
        context.writeAndFlush(self.wrapOutboundOut(.byteBuffer(self.bytes))).whenComplete { result in
            let (remainder, context) = bound.value
            remainder.deadline?.cancel()
            guard case .success = result, context.channel.isActive else { return context.close(promise: nil) }
            remainder.onSent(context)
        }
    }

    func read(context: ChannelHandlerContext) {
        self.isReadWanted = true
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        if self.isReadWanted, context.channel.isActive { context.channel.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.socket.close()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

import NIOCore
import Wire

/// Looks whether a connection begins with a header of a proxy, and leaves.
final class ProxyHeaderWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let found: @Sendable () -> Void

    init(_ found: @escaping @Sendable () -> Void) {
        self.found = found
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let first = self.unwrapInboundIn(data)
        if ProxyHeader.begins(Array(first.readableBytesView.prefix(ProxyHeader.lineLimit))[...]) { self.found() }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

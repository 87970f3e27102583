package import NIOCore

/// A connection that SwiftNIO keeps until it is known what its peer wants, and that may leave it then.
package protocol NegotiatingConnection: ChannelInboundHandler, SendableMetatype where OutboundOut == ByteBuffer {
    /// By when the peer has to say what it wants.
    var deadline: Scheduled<Void>? { get }

    /// The channel closes because the connection leaves it; the connection itself stays open.
    var isLeaving: Bool { get set }
}

extension NegotiatingConnection {
    /// Takes the connection out of SwiftNIO once all that was written to it is in the kernel's hands; `then` gives it to
    /// the fan-out engine.
    package func leave(_ context: ChannelHandlerContext, then: @escaping @Sendable (Self) -> Void) {
        self.deadline?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).whenSuccess {
            let (connection, context) = bound.value
            connection.isLeaving = true
            context.close().whenComplete { _ in then(bound.value.0) }
        }
    }

    package func closeAfterFlush(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }
}

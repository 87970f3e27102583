import NIOCore
import NIOSSL

/// One of two handlers, each at the end of its channel, that carry bytes between the channels.
///
/// A side is read only while the other has room, so that what is on the way is bounded by the water marks of both
/// channels. The end of one direction is passed on; when both have ended, or either side fails, all is closed.
final class PumpHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// For a peer to take what is left when the other side has ended.
    private static let farewellLimit = TimeAmount.seconds(30)

    /// The side whose bytes a handler reads.
    enum Side { case peer, relay }

    private let side: Side
    private var partner: PumpHandler?
    private var context: ChannelHandlerContext?
    private var isReadWanted = false
    /// Whether this side has sent everything.
    private var hasEnded = false
    /// Set when the other side has sent all: done when this side's kernel has it.
    private var isTold: EventLoopFuture<Void>?
    private var farewell: Scheduled<Void>?

    /// The second of the two is given the first.
    init(_ side: Side, partner: PumpHandler? = nil) {
        self.side = side
        self.partner = partner
        partner?.partner = self
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Whoever came first waits for the other.
        self.partner?.readOn()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.farewell?.cancel()
        self.context = nil
        self.partner = nil
    }

    // MARK: Own channel

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let other = self.partner?.context else { return }
        other.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.partner?.context?.flush()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if let other = self.partner?.context, other.channel.isWritable {
            context.read()
        } else {
            self.isReadWanted = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.partner?.readOn() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { self.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch self.side {
        case .peer: self.partner?.close()
        case .relay: self.partner?.closeWhenTold()
        }
        self.partner = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // TLS peers often leave without a last word; their input has then ended like any other, which is told apart.
        if case .uncleanShutdown? = error as? NIOSSLError { return }
        context.close(promise: nil)
    }

    // MARK: For the other channel

    private func readOn() {
        guard self.isReadWanted, let context else { return }
        self.isReadWanted = false
        context.read()
    }

    private func close() {
        self.context?.close(promise: nil)
    }

    /// This side sends no more: the other is told, and when both have ended all is closed.
    private func end() {
        guard !self.hasEnded, let partner else { return }
        self.hasEnded = true
        partner.tell()
        if partner.hasEnded { partner.closeWhenTold() }
    }

    /// The other side has sent all. A peer that does not take it is not waited for.
    private func tell() {
        guard self.isTold == nil, let context else { return }
        context.flush()
        self.isTold = context.close(mode: .output)
        guard self.side == .peer else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        self.farewell = context.eventLoop.scheduleTask(in: Self.farewellLimit) { bound.value.close(promise: nil) }
    }

    private func closeWhenTold() {
        guard let context else { return }
        self.tell()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        self.isTold?.whenComplete { _ in bound.value.close(promise: nil) }
    }
}

package import Linux
package import NIOCore
import NIOPosix
import Synchronization

/// A connection while SwiftNIO negotiates on it: the channel has a duplicate of the descriptor, so that closing the
/// channel leaves the connection open for whoever takes it over.
package final class AdoptedSocket: Sendable {
    package let peer: InternetAddress
    package let ticket: ConnectionLimiter.Ticket
    private let descriptor: Mutex<OwnedDescriptor?>
    private let onProxyHeader: (@Sendable () -> Void)?

    /// - Parameters:
    ///   - descriptor: The connection.
    ///   - peer: Who opened it.
    ///   - ticket: Its place among others.
    ///   - onProxyHeader: Told where the first that comes is a header of a proxy, which no protocol here can read.
    package init(
        _ descriptor: consuming OwnedDescriptor,
        peer: InternetAddress,
        ticket: ConnectionLimiter.Ticket,
        onProxyHeader: (@Sendable () -> Void)? = nil
    ) {
        self.peer = peer
        self.ticket = ticket
        self.onProxyHeader = onProxyHeader
        self.descriptor = Mutex(descriptor)
        ticket.whenEvicted { [weak self] in self?.hangUp() }
    }

    /// Ends the connection for its peer and for the channel that is open on it, unless somebody has taken it. From any thread.
    private func hangUp() {
        self.descriptor.withLock { held in
            guard let descriptor = held.take() else { return }
            TCPSocket.hangUp(descriptor)
            held = consume descriptor
        }
    }

    /// The connection itself, once: whoever takes it closes it.
    package func take() -> OwnedDescriptor? {
        self.descriptor.withLock { $0.take() }
    }

    /// Lends the connection for as long as the call lasts; nil when it was taken.
    package func lend<Result: Sendable>(_ body: (borrowing OwnedDescriptor) -> Result) -> Result? {
        self.descriptor.withLock { held in
            guard let descriptor = held.take() else { return nil }
            let result = body(descriptor)
            held = consume descriptor
            return result
        }
    }

    /// Opens a channel on the connection.
    package func open(
        on group: any EventLoopGroup,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) throws(LinuxError) -> EventLoopFuture<any Channel> {
        let twin: CInt? = try self.descriptor.withLock { (held) throws(LinuxError) in
            guard let descriptor = held.take() else { return nil }
            let twin = try descriptor.duplicate()
            held = consume descriptor
            // A unix socket, which a connection with TLS may come by, knows no such option.
            try? TCPSocket.setNoDelay(twin)
            return twin.release()
        }
        let loop = group.next()
        guard let twin else { return loop.makeFailedFuture(ChannelError.alreadyClosed) }
        return ClientBootstrap(group: loop)
            // A second read that finds nothing would be a system call for each message of a publisher.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { [onProxyHeader] channel in
                guard let onProxyHeader else { return initializer(channel) }
                return channel.pipeline.addHandler(ProxyHeaderWatch(onProxyHeader)).flatMap { initializer(channel) }
            }
            .withConnectedSocket(twin)
    }

    /// Ends the connection unless somebody has taken it. A host that gave it may have a descriptor of its own, which would
    /// keep the peer waiting for an end that closing ours does not bring.
    package func close() {
        guard let descriptor = self.take() else { return }
        TCPSocket.hangUp(descriptor)
    }
}

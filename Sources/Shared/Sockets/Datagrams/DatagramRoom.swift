package import NIOCore
package import NIOPosix

/// Room for the datagrams that a port takes with one call.
///
/// The kernel cuts off what of a datagram is longer than its place, and nobody is told. Networks carry 1500 bytes or jumbo
/// frames, but a sender on the same machine 65,507: places are of the usual size until one comes back full, and from then
/// on of the longest that there can be.
package struct DatagramRoom: Sendable {
    /// Datagrams taken with one call, of either size.
    private static let batch = 16
    private static let largeBatch = 4
    /// Bytes of the longest (RFC 768, 16 bits of length).
    private static let longest = 65_536

    /// Bytes of a place.
    private let usual: Int
    private var isLarge = false

    /// - Parameter usual: bytes of a place while no datagram has filled one; by default those of a jumbo frame.
    package init(usual: Int = 9216) {
        self.usual = usual
    }

    package func apply(to bootstrap: DatagramBootstrap) -> DatagramBootstrap {
        bootstrap
            .channelOption(.datagramVectorReadMessageCount, value: Self.batch)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.batch * self.usual))
    }

    /// Looks at what came by a channel, and gives it more room where that may have been cut.
    package mutating func note(_ datagram: ByteBuffer, by channel: any Channel) {
        guard !self.isLarge, datagram.readableBytes >= self.usual else { return }
        self.isLarge = true
        // Not now: what was read with this one is still being given out.
        channel.eventLoop.execute {
            let allocator = FixedSizeRecvByteBufferAllocator(capacity: Self.largeBatch * Self.longest)
            channel.setOption(.datagramVectorReadMessageCount, value: Self.largeBatch)
                .and(channel.setOption(.recvAllocator, value: allocator))
                // It was closed meanwhile.
                .whenFailure { _ in }
        }
    }
}

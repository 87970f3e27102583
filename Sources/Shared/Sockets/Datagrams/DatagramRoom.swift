package import NIOCore
package import NIOPosix

/// Room for the datagrams that a port takes with one call.
///
/// The kernel cuts off what of a datagram is longer than its place, and nobody is told. Networks carry 1500 bytes or jumbo
/// frames, but a sender on the same machine 65,507: places are of the longest that there can be until it shows that they
/// need not, and again from the first on that comes back full.
package struct DatagramRoom: Sendable {
    private enum State {
        /// So many datagrams came, and none was long.
        case new(Int)
        case usual
        case large
    }

    /// Datagrams taken with one call, of the usual size and of the longest.
    private static let batch = 16
    private static let largeBatch = 4
    /// Bytes of the longest (RFC 768, 16 bits of length).
    private static let longest = 65_536
    /// Datagrams after which a sender has shown how long they are: some pictures.
    private static let trial = 64

    /// Bytes of a usual place.
    private let usual: Int
    private var state = State.new(0)

    /// - Parameter usual: bytes of a place where no datagram is longer; by default those of a jumbo frame.
    package init(usual: Int = 9216) {
        self.usual = usual
    }

    package func apply(to bootstrap: DatagramBootstrap) -> DatagramBootstrap {
        bootstrap
            .channelOption(.datagramVectorReadMessageCount, value: Self.largeBatch)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: Self.largeBatch * Self.longest)
            )
    }

    /// Looks at what came by a channel, and gives it more room where that may have been cut.
    package mutating func note(_ datagram: ByteBuffer, by channel: any Channel) {
        let isLong = datagram.readableBytes >= self.usual
        switch self.state {
        case .large: return
        case .new where isLong: self.state = .large
        case .new(let count) where count + 1 < Self.trial: self.state = .new(count + 1)
        case .new:
            self.state = .usual
            Self.set(Self.batch, of: self.usual, on: channel)
        case .usual:
            guard isLong else { return }
            self.state = .large
            Self.set(Self.largeBatch, of: Self.longest, on: channel)
        }
    }

    private static func set(_ batch: Int, of size: Int, on channel: any Channel) {
        // Not now: what was read with the datagram is still being given out.
        channel.eventLoop.execute {
            channel.setOption(.datagramVectorReadMessageCount, value: batch)
                .and(channel.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: batch * size)))
                // It was closed meanwhile.
                .whenFailure { _ in }
        }
    }
}

import NIOCore
import Synchronization

/// Counts connections that were taken and that no event loop has come to yet. Each holds descriptors meanwhile: taken
/// faster than the loops come round, they would leave none for anybody.
final class OpeningConnections: Sendable {
    /// Beyond so many, others wait in the kernel's queue.
    static let limit = 256

    private let count = Atomic(0)

    var isBelowLimit: Bool { self.count.load(ordering: .relaxed) < Self.limit }

    /// Counts a connection until its channel is open, or has failed to open.
    func follow(_ channel: EventLoopFuture<any Channel>) {
        self.count.wrappingAdd(1, ordering: .relaxed)
        channel.whenComplete { _ in self.count.wrappingSubtract(1, ordering: .relaxed) }
    }
}

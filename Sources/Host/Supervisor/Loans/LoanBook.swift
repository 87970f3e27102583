package import Contract
package import Linux

/// The connections that one instance has not begun to answer. `Socket` is what the host keeps of each.
package struct LoanBook<Socket: Sendable>: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Connections at once, each a descriptor of the host's and at most ``bytes`` of memory; the oldest make room.
        package var count = 1024

        /// How long one is kept: longer than any answer is waited for, which is a playlist's of a stream that begins.
        package var time = Duration.seconds(12)

        /// Of what was seen in a socket; a request that is longer is not known whole, and not kept.
        package var bytes = 8 << 10

        package init() {}
    }

    private struct Entry: Sendable {
        let loan: Loan
        let socket: Socket
    }

    private let limits: Limits
    /// The oldest first.
    private var entries: [Entry] = []
    /// The instance is dead: what it is given from here on it never gets.
    package private(set) var isClosed = false

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    package var count: Int { self.entries.count }

    /// Notes a connection before it is given away.
    package mutating func lend(
        _ delivery: PendingConnection,
        _ socket: Socket,
        _ progress: SocketProgress,
        now: Instant
    ) {
        guard !self.isClosed, progress.isOpen, delivery.seen.count <= self.limits.bytes else { return }
        if self.entries.count >= self.limits.count { self.entries.removeFirst() }
        let loan = Loan(delivery: delivery, before: progress, until: now + self.limits.time)
        self.entries.append(Entry(loan: loan, socket: socket))
    }

    /// Lets go of those that were answered or have ended, and of those that were kept for long enough.
    package mutating func settle(now: Instant, _ progress: (Socket) -> SocketProgress?) {
        self.entries.removeAll { $0.loan.isSettled(progress($0.socket), now: now) }
    }

    /// The instance is dead, and every descriptor that it had is closed.
    ///
    /// - Returns: what can be given to the next, in the order in which it came.
    package mutating func callIn(
        _ progress: (Socket) -> SocketProgress?
    ) -> [(delivery: PendingConnection, socket: Socket)] {
        self.isClosed = true
        defer { self.entries = [] }
        return self.entries.compactMap { entry in
            entry.loan.remainder(progress(entry.socket)).map { ($0, entry.socket) }
        }
    }
}

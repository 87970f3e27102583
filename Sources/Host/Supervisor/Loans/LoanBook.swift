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
        let cookie: SocketCookie?
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
    ///
    /// - Returns: The socket that is not kept any more, which may be this one: closing it can take its time, and is for who
    ///   holds no lock.
    package mutating func lend(
        _ delivery: PendingConnection,
        _ socket: Socket,
        _ progress: SocketProgress,
        cookie: SocketCookie? = nil,
        now: Instant
    ) -> Socket? {
        guard !self.isClosed, progress.isOpen, delivery.seen.count <= self.limits.bytes else { return socket }
        let oldest = self.entries.count >= self.limits.count ? self.entries.removeFirst() : nil
        let loan = Loan(delivery: delivery, before: progress, until: now + self.limits.time)
        self.entries.append(Entry(loan: loan, socket: socket, cookie: cookie))
        return oldest?.socket
    }

    /// Lets go of those that were answered or have ended, and of those that were kept for long enough.
    ///
    /// - Returns: Their sockets, which are for the caller to close.
    package mutating func settle(now: Instant, _ progress: (Socket) -> SocketProgress?) -> [Socket] {
        var settled: [Socket] = []
        self.entries.removeAll { entry in
            guard entry.loan.isSettled(progress(entry.socket), now: now) else { return false }
            settled.append(entry.socket)
            return true
        }
        return settled
    }

    /// The instance has begun to answer a connection, and has it stored.
    ///
    /// - Returns: Its socket, which is for the caller to close.
    package mutating func settle(_ cookie: SocketCookie) -> Socket? {
        guard let index = self.entries.firstIndex(where: { $0.cookie == cookie }) else { return nil }
        return self.entries.remove(at: index).socket
    }

    /// The instance is dead, and every descriptor that it had is closed.
    ///
    /// - Returns: What can be given to the next, in the order in which it came, and the sockets of what cannot.
    package mutating func callIn(
        _ progress: (Socket) -> SocketProgress?
    ) -> (left: [(delivery: PendingConnection, socket: Socket)], settled: [Socket]) {
        self.isClosed = true
        defer { self.entries = [] }
        var left: [(delivery: PendingConnection, socket: Socket)] = []
        var settled: [Socket] = []
        for entry in self.entries {
            if let delivery = entry.loan.remainder(progress(entry.socket)) {
                left.append((delivery, entry.socket))
            } else {
                settled.append(entry.socket)
            }
        }
        return (left, settled)
    }
}

package import Contract
internal import Events

/// Decides when to open, to write and to try again, and what to say of it: rows wait in a bounded queue, and nothing waits for
/// them.
package struct HistoryMachine: Sendable {
    /// Rows that wait while nothing can be written.
    package static let queueLimit = 4096
    /// Rows written in one transaction.
    package static let batch = 256
    package static let firstPause = Duration.seconds(1)
    package static let longestPause = Duration.seconds(8)
    /// Between two times of clearing out what is too old.
    package static let clearingPause = Duration.seconds(600)

    package enum Action: Hashable, Sendable {
        case open
        case write([HistoryRow])
        case clear
        /// Until then, or until there is something to write.
        case wait(Duration)
    }

    private enum File: Hashable, Sendable {
        case closed
        case open
    }

    private var file = File.closed
    private var queue: [HistoryRow] = []
    private var inHand = 0
    package private(set) var dropped: UInt64 = 0
    package private(set) var written: UInt64 = 0
    package private(set) var trouble: HistoryTrouble?
    private var failures = 0
    private var retryAt: Instant?
    private var clearAt: Instant?

    package init() {}

    package var waiting: Int { self.queue.count }

    package mutating func take(_ rows: [HistoryRow]) {
        self.queue += rows
        guard self.queue.count > Self.queueLimit else { return }
        let excess = self.queue.count - Self.queueLimit
        // The newest tell of the trouble that lasts; the oldest make room.
        self.queue.removeFirst(excess)
        self.dropped &+= UInt64(excess)
    }

    /// Events that were overwritten before they were read.
    package mutating func miss(_ count: UInt64) { self.dropped &+= count }

    package mutating func next(now: Instant) -> Action {
        if let retryAt, retryAt > now { return .wait(retryAt - now) }
        guard self.file == .open else { return .open }
        if !self.queue.isEmpty {
            let rows = Array(self.queue.prefix(Self.batch))
            self.inHand = rows.count
            return .write(rows)
        }
        guard let clearAt else { return .clear }
        return clearAt > now ? .wait(clearAt - now) : .clear
    }

    /// The trouble is over only once something was written.
    package mutating func opened() { self.file = .open }

    /// The file is to be looked through again, or is another one now.
    package mutating func closed() { self.file = .closed }

    package mutating func wrote(_ count: Int) -> HistoryNews? {
        self.queue.removeFirst(min(self.inHand, self.queue.count))
        self.inHand = 0
        self.written &+= UInt64(count)
        return self.recovered()
    }

    package mutating func cleared(now: Instant) -> HistoryNews? {
        self.clearAt = now + Self.clearingPause
        return self.recovered()
    }

    /// - Returns: What is to be said, once for each kind of trouble.
    package mutating func failed(_ trouble: HistoryTrouble, now: Instant) -> HistoryNews? {
        self.inHand = 0
        self.failures = min(self.failures + 1, 16)
        let pause = Self.firstPause * (1 << min(self.failures - 1, 5))
        self.retryAt = now + min(pause, Self.longestPause)
        // Where it cannot be reached it may be another file next time.
        if trouble == .unopenable || trouble == .readOnly { self.file = .closed }
        let isNews = trouble != self.trouble
        self.trouble = trouble
        return isNews ? .trouble(trouble) : nil
    }

    /// The file was moved aside; the next is made at once.
    package mutating func movedAside(to path: String, isForeign: Bool) -> HistoryNews {
        self.file = .closed
        self.inHand = 0
        return .movedAside(path, isForeign: isForeign)
    }

    private mutating func recovered() -> HistoryNews? {
        self.failures = 0
        self.retryAt = nil
        guard self.trouble != nil else { return nil }
        self.trouble = nil
        return .recovered(dropped: self.dropped)
    }
}

/// What the history has to say of itself.
package enum HistoryNews: Hashable, Sendable {
    case trouble(HistoryTrouble)
    case recovered(dropped: UInt64)
    case movedAside(String, isForeign: Bool)
}

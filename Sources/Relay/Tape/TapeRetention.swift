/// How much of a stream a tape holds on to, and who answers for its memory.
package struct TapeRetention: Sendable {
    /// Bytes that it has once something is written.
    package let least: Int

    /// Bytes that it grows to at most for the sake of the time it is to hold.
    package let most: Int

    /// The largest record that it takes, bytes. For one of these it grows beyond ``most``, because a record must be a part
    /// of what is kept: otherwise one append would overwrite all that viewers are at.
    package let record: Int

    package let memory: any TapeMemory

    /// Asked before the system is asked to take pages back: true is taken for its refusal, for systems that are not at hand
    /// in a test.
    package typealias ReleaseObstacle = @Sendable () -> Bool

    let releaseObstacle: ReleaseObstacle?

    package init(
        least: Int,
        most: Int,
        record: Int,
        memory: any TapeMemory,
        releaseObstacle: ReleaseObstacle? = nil
    ) {
        self.releaseObstacle = releaseObstacle
        // Bounds keep the sums and products below far from overflow.
        self.least = min(max(least, 4096), 1 << 40)
        self.most = min(max(most, self.least), 1 << 40)
        self.record = min(max(record, 1024), 1 << 32)
        self.memory = memory
    }

    /// Bytes that the ring spans. It takes addresses, not memory: pages behind the tail are given back.
    var ringSize: Int { max(2 * self.most, Ring.recordShare * self.record) }
}

/// What a tape wants memory for.
package enum TapeNeed: Hashable, Sendable {
    /// To begin at all.
    case start
    /// For a record that would be left out otherwise.
    case record
    /// To hold the time it is meant to hold.
    case span
    /// Memory that the system did not take back: it is in use, so this is always granted.
    case held
    /// Memory that another process has written: it is in use, too.
    case inherited

    /// Whether it is in use already, so that it is granted whether there is room or not.
    package var isInUse: Bool { self == .held || self == .inherited }
}

/// Answers for the memory of one tape.
package protocol TapeMemory: Sendable {
    /// Answers for `bytes` altogether, instead of what it answered for before. Less is always granted, and so is what is in
    /// use already, ``TapeNeed/isInUse``.
    ///
    /// - Returns: false if there is not so much; then all stays as it was.
    func resize(to bytes: Int, for need: TapeNeed) -> Bool
}

/// A tape holds less time than it is meant to.
package struct TapeShortfall: Hashable, Sendable {
    /// µs of media.
    package let kept: Int64
    /// µs of media.
    package let wanted: Int64
    /// Whether the memory was refused; otherwise the tape is as large as it may be.
    package let isRefused: Bool
}

package import Linux
internal import NIOCore

/// What of an intake outlives the process that reads it: the bytes that came, and where its reader stood.
///
/// The bytes are received straight into the ring, each at its number modulo the ring's size. How many there are is not written
/// down: the kernel counts what was read of the connection, whoever read it.
@safe
package final class IntakeMemory: @unchecked Sendable {
    // @unchecked: it belongs to the thread that reads the intake, and before that to whoever makes it.
    private var memory: CheckpointedMemory
    private let keeper: any IntakeKeeper
    /// Answers for the memory as long as this is held.
    private let account: any Sendable

    /// Bytes that came since the intake began.
    private(set) var position: UInt64 = 0

    /// Bytes that were sent to the peer since then.
    private(set) var replied: UInt64 = 0

    /// Of the keeper; nil before the first checkpoint, without which nobody could go on.
    private var kept: KeptIntake?

    /// What is to be read again of an intake whose process is dead.
    private(set) var backlog: Range<UInt64>?

    /// Bytes of answers to that which its peer has been sent.
    private(set) var answered = 0

    private init(_ memory: consuming CheckpointedMemory, keeper: any IntakeKeeper, account: any Sendable) {
        self.memory = memory
        self.keeper = keeper
        self.account = account
    }

    /// New memory; `account` answers for it.
    package static func make(keeper: any IntakeKeeper, account: any Sendable) throws(LinuxError) -> IntakeMemory {
        IntakeMemory(
            try CheckpointedMemory.make(name: "intake", magic: IntakeLayout.magic),
            keeper: keeper,
            account: account
        )
    }

    /// Bytes that one takes at most.
    package static let size = IntakeLayout.size

    // MARK: Receiving

    /// The intake begins; false where the kernel does not count, and nobody could go on.
    func begin(_ progress: SocketProgress?) -> Bool {
        guard let progress else { return false }
        self.memory.word(.taken).store(progress.taken)
        self.memory.word(.given).store(progress.given)
        return true
    }

    /// Where the next bytes go: there is room for ``FanoutLimits/intakeRead``, whatever lay there before.
    @unsafe
    var room: UnsafeMutableRawPointer {
        unsafe self.memory.place(self.position)
    }

    func advance(by count: Int) { self.position += UInt64(max(count, 0)) }

    func noteReply(_ count: Int) { self.replied += UInt64(max(count, 0)) }

    /// Those of the backlog that come next, at most so many; nil when all have come.
    func nextOfBacklog(_ most: Int) -> ByteBuffer? {
        guard let backlog, self.position < backlog.upperBound else {
            self.backlog = nil
            return nil
        }
        let count = Int(min(UInt64(most), backlog.upperBound - self.position))
        let bytes = self.memory.bytes(from: self.position, count: count)
        self.advance(by: count)
        return bytes
    }

    /// What of an answer to the backlog has not been sent.
    func withoutAnswered(_ reply: ByteBuffer) -> ByteBuffer {
        var rest = reply
        let count = min(self.answered, rest.readableBytes)
        rest.moveReaderIndex(forwardBy: count)
        self.answered -= count
        return rest
    }

    /// The whole backlog was read, and this process has survived it.
    func endBacklog() {
        self.backlog = nil
        self.answered = 0
        self.memory.endRepeating()
    }

    // MARK: Checkpoints

    /// Whether it is time for one.
    func isDue(now: Int64) -> Bool {
        self.memory.isDue(position: self.position, now: now, interval: FanoutLimits.checkpointInterval.nanoseconds)
    }

    /// Writes down where the reader stood when the intake had come as far as `offset` and its peer been sent so much; the
    /// connection outlives the process from the first of them on.
    func write(
        _ state: [UInt8],
        offset: UInt64,
        replied: UInt64,
        of connection: borrowing OwnedDescriptor,
        now: Int64
    ) {
        let isWritten = self.memory.write(state, offset: offset, replied: replied, position: self.position, now: now)
        guard isWritten, self.kept == nil else { return }
        self.kept = self.keeper.keep(connection, readInto: self.memory.descriptor)
    }

    /// Whether somebody else holds the connection as well.
    var isKept: Bool { self.kept != nil }

    func forget() {
        if let kept = self.kept.take() { self.keeper.forget(kept) }
    }
}

// MARK: - Going on

extension IntakeMemory {
    /// Why an intake cannot be gone on with.
    package enum Refusal: Error, Hashable, Sendable {
        /// The memory is none of this version, or nothing in it can be true.
        case unreadable
        /// More came since the newest checkpoint than there is room for.
        case overrun
        /// A process has died of reading again what comes behind the newest checkpoint.
        case fatal

        package var sentence: String {
            switch self {
            case .unreadable: "What was kept of it cannot be read by this version of the relay."
            case .overrun: "It sent more at a time than is kept over the end of an instance."
            case .fatal:
                "Two instances of the relay ended while they read the same of its bytes, which are not read a third time."
            }
        }
    }

    /// Where an intake stood.
    package struct Standing: Sendable {
        package let memory: IntakeMemory
        /// What its reader had written down.
        package let state: [UInt8]
    }

    /// The memory of an intake whose process is dead. It may have been written by anybody: what cannot be true is refused.
    ///
    /// - Parameters:
    ///   - file: the memory.
    ///   - kept: where it and the connection are kept.
    ///   - progress: what the kernel counts of the connection.
    ///   - keeper: has both outlive this process, too.
    ///   - account: answers for the memory.
    /// - Returns: the memory, to be read on into, and what its reader had written down.
    /// - Throws: why it cannot be gone on with.
    package static func attach(
        _ file: consuming OwnedDescriptor,
        kept: KeptIntake,
        progress: SocketProgress,
        keeper: any IntakeKeeper,
        account: any Sendable
    ) throws(Refusal) -> Standing {
        let memory = IntakeMemory(
            try CheckpointedMemory.map(file, magic: IntakeLayout.magic),
            keeper: keeper,
            account: account
        )
        memory.kept = kept
        guard let (head, state) = memory.memory.newest() else { throw .unreadable }
        // The end of what the peer sends counts as a byte, and is none.
        let taken = progress.taken &- memory.memory.word(.taken).load() &- (progress.isOpen ? 0 : 1)
        let given = progress.given &- memory.memory.word(.given).load()
        guard taken < Self.most, given < Self.most, head.offset <= taken, head.replied <= given,
            let answered = Int(exactly: given - head.replied)
        else { throw .unreadable }
        try memory.memory.goOn(from: head, taken: taken)
        memory.position = head.offset
        memory.replied = given
        memory.backlog = head.offset..<taken
        memory.answered = answered
        return Standing(memory: memory, state: state)
    }

    /// No connection carries more, bytes.
    private static let most: UInt64 = 1 << 60
}

/// Has somebody else hold a duplicate of a publisher's connection and of the memory that it is read into, who gives both to
/// whoever follows when this process dies. Called on the engine's threads; it must not block.
package protocol IntakeKeeper: Sendable {
    /// - Returns: for ``forget(_:)``; nil if it cannot be.
    func keep(
        _ connection: borrowing OwnedDescriptor,
        readInto memory: borrowing OwnedDescriptor
    ) -> KeptIntake?

    /// The connection is over, or somebody else's.
    func forget(_ intake: KeptIntake)
}

/// Where an intake is kept.
package struct KeptIntake: Hashable, Sendable {
    package let connection: UInt64
    package let memory: UInt64

    package init(connection: UInt64, memory: UInt64) {
        self.connection = connection
        self.memory = memory
    }
}

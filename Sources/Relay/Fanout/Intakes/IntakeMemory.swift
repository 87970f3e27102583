package import Linux
internal import NIOCore

/// What of an intake outlives the process that reads it: the bytes that came, and where its reader stood.
///
/// The bytes are received straight into the ring, each at its number modulo the ring's size. How many there are is not written
/// down: the kernel counts what was read of the connection, whoever read it.
@safe
package final class IntakeMemory: @unchecked Sendable {
    // @unchecked: it belongs to the thread that reads the intake, and before that to whoever makes it.
    private let memory: MirroredMemory
    private let keeper: any IntakeKeeper
    /// Answers for the memory as long as this is held.
    private let account: any Sendable

    /// Bytes that came since the intake began.
    private(set) var position: UInt64 = 0

    /// Bytes that were sent to the peer since then.
    private(set) var replied: UInt64 = 0

    /// The newest checkpoint, and how far the intake had come when it was written.
    private var number: UInt64 = 0
    private var writtenAt: (position: UInt64, time: Int64)?

    /// Of the keeper; nil before the first checkpoint, without which nobody could go on.
    private var kept: KeptIntake?

    /// What is to be read again of an intake whose process is dead.
    private(set) var backlog: Range<UInt64>?

    /// Bytes of answers to that which its peer has been sent.
    private(set) var answered = 0

    private init(_ memory: consuming MirroredMemory, keeper: any IntakeKeeper, account: any Sendable) {
        self.memory = memory
        self.keeper = keeper
        self.account = account
    }

    /// New memory; `account` answers for it.
    package static func make(keeper: any IntakeKeeper, account: any Sendable) throws(LinuxError) -> IntakeMemory {
        let memory = try MirroredMemory.make(
            name: "intake",
            prefix: IntakeLayout.prefixSize,
            capacity: IntakeLayout.ringSize
        )
        let made = IntakeMemory(memory, keeper: keeper, account: account)
        made.word(.magic).store(IntakeLayout.magic)
        return made
    }

    /// Bytes that one takes at most.
    package static let size = IntakeLayout.size

    private func word(_ word: IntakeLayout.Word) -> SharedWord {
        unsafe SharedWord(at: self.memory.prefix + word.rawValue)
    }

    // MARK: Receiving

    /// The intake begins; false where the kernel does not count, and nobody could go on.
    func begin(_ progress: SocketProgress?) -> Bool {
        guard let progress else { return false }
        self.word(.taken).store(progress.taken)
        self.word(.given).store(progress.given)
        return true
    }

    /// Where the next bytes go: there is room for ``FanoutLimits/intakeRead``, whatever lay there before.
    @unsafe
    var room: UnsafeMutableRawPointer {
        unsafe self.memory.ring + Int(self.position % UInt64(IntakeLayout.ringSize))
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
        let bytes = unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(start: self.room, count: count))
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
        self.word(.tried).store(0)
    }

    // MARK: Checkpoints

    /// Whether it is time for one.
    func isDue(now: Int64) -> Bool {
        guard let writtenAt else { return true }
        return now - writtenAt.time >= FanoutLimits.checkpointInterval.nanoseconds
            || self.position - writtenAt.position >= UInt64(IntakeLayout.ringSize / 4)
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
        self.writtenAt = (self.position, now)
        guard state.count <= IntakeLayout.stateSize else { return }
        let number = self.number + 1
        let start = unsafe self.memory.prefix + IntakeLayout.checkpoint(number)
        var head = IntakeCheckpointHead(
            number: number,
            offset: offset,
            replied: replied,
            count: UInt64(state.count),
            checksum: 0
        )
        unsafe state.withUnsafeBytes { bytes in
            unsafe head.checksum = head.sum(over: bytes)
            // Until its words are there again, the one before is the newest.
            unsafe SharedWord(at: start).store(0)
            if let base = bytes.baseAddress {
                unsafe (start + IntakeLayout.checkpointHead).copyMemory(from: base, byteCount: bytes.count)
            }
        }
        unsafe start.storeBytes(of: head, as: IntakeCheckpointHead.self)
        self.number = number
        guard self.kept == nil else { return }
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
        guard SharedMemory.sealedSize(of: file) == IntakeLayout.size,
            let mapped = try? MirroredMemory.map(
                file,
                prefixSize: IntakeLayout.prefixSize,
                ringSize: IntakeLayout.ringSize,
                writable: true
            )
        else { throw .unreadable }
        let memory = IntakeMemory(mapped, keeper: keeper, account: account)
        memory.kept = kept
        guard memory.word(.magic).load() == IntakeLayout.magic,
            let (head, state) = [memory.checkpoint(0), memory.checkpoint(1)].compactMap({ $0 })
                .max(by: { $0.0.number < $1.0.number })
        else { throw .unreadable }
        // The end of what the peer sends counts as a byte, and is none.
        let taken = progress.taken &- memory.word(.taken).load() &- (progress.isOpen ? 0 : 1)
        let given = progress.given &- memory.word(.given).load()
        guard taken < Self.most, given < Self.most, head.offset <= taken, head.replied <= given,
            let answered = Int(exactly: given - head.replied)
        else { throw .unreadable }
        guard taken - head.offset <= UInt64(IntakeLayout.ringSize) else { throw .overrun }
        guard memory.word(.tried).load() != head.number else { throw .fatal }
        memory.word(.tried).store(head.number)
        memory.number = head.number
        memory.position = head.offset
        memory.replied = given
        memory.backlog = head.offset..<taken
        memory.answered = answered
        return Standing(memory: memory, state: state)
    }

    /// No connection carries more, bytes.
    private static let most: UInt64 = 1 << 60

    /// What is written at a place; nil where it is not whole.
    private func checkpoint(_ place: UInt64) -> (IntakeCheckpointHead, [UInt8])? {
        let start = unsafe self.memory.prefix + IntakeLayout.checkpoint(place)
        let head = unsafe start.load(as: IntakeCheckpointHead.self)
        guard head.number > 0, head.number < .max, head.number % 2 == place, let count = Int(exactly: head.count),
            count <= IntakeLayout.stateSize
        else { return nil }
        // A copy: nobody changes it between the look and the use.
        let state = unsafe Array(
            UnsafeRawBufferPointer(start: start + IntakeLayout.checkpointHead, count: count)
        )
        let isWhole = unsafe state.withUnsafeBytes { unsafe head.sum(over: $0) == head.checksum }
        return isWhole ? (head, state) : nil
    }
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

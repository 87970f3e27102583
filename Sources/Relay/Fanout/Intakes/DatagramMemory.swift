package import Linux
package import NIOCore

/// What of a source by UDP outlives the process that reads it: the datagrams that came, and where their reader stood. Its layout
/// is ``IntakeLayout``'s; what is counted there as read is what lies in the ring, one datagram after the other.
@safe
package final class DatagramMemory: @unchecked Sendable {
    // @unchecked: it belongs to the thread that reads the source.
    private var memory: CheckpointedMemory
    private let keeper: any SourceKeeper
    /// Answers for the memory as long as this is held.
    private let account: any Sendable

    /// Bytes that lie in the ring, or lay there.
    private var position: UInt64 = 0
    /// Of the keeper; nil before the first checkpoint, without which nobody could go on.
    private var kept: UInt64?

    /// Bytes that one takes at most.
    package static let size = IntakeLayout.size

    /// No datagram is longer.
    private static let longest = 65_536

    private init(_ memory: consuming CheckpointedMemory, keeper: any SourceKeeper, account: any Sendable) {
        self.memory = memory
        self.keeper = keeper
        self.account = account
    }

    /// New memory; `account` answers for it.
    package static func make(keeper: any SourceKeeper, account: any Sendable) throws(LinuxError) -> DatagramMemory {
        DatagramMemory(
            try CheckpointedMemory.make(name: "source", magic: IntakeLayout.datagramMagic),
            keeper: keeper,
            account: account
        )
    }

    /// Keeps a datagram, before it is read.
    package func append(_ datagram: KeptDatagram) {
        let head = datagram.head
        let count = head.readableBytes + datagram.bytes.readableBytes
        guard count <= Self.longest + KeptDatagram.longestHead else { return }
        var place = unsafe self.memory.place(self.position)
        for part in [head, datagram.bytes] {
            unsafe part.withUnsafeReadableBytes { bytes in
                guard let source = bytes.baseAddress else { return }
                unsafe place.copyMemory(from: source, byteCount: bytes.count)
            }
            unsafe place += part.readableBytes
        }
        self.position += UInt64(count)
        // Behind the bytes: what is counted is whole.
        self.memory.word(.taken).store(self.position)
    }

    // MARK: Checkpoints

    /// Whether it is time for one.
    package func isDue(now: Int64) -> Bool {
        self.memory.isDue(
            position: self.position,
            now: now,
            interval: FanoutLimits.checkpointInterval.nanoseconds / 1000
        )
    }

    /// Writes down where the reader stands behind all datagrams that came, at that time, µs; the source outlives the process from
    /// the first of them on.
    package func write(_ state: [UInt8], of name: String, now: Int64) {
        guard self.memory.write(state, offset: self.position, replied: 0, position: self.position, now: now) else {
            return
        }
        if self.kept == nil { self.kept = self.keeper.keep(self.memory.descriptor, ofSource: name) }
    }

    /// What comes from here on nobody goes on with.
    package func forget() {
        if let kept = self.kept.take() { self.keeper.forget(kept) }
    }

    /// All datagrams were read again, and this process has survived it.
    package func endRepeating() { self.memory.endRepeating() }
}

// MARK: - Going on

extension DatagramMemory {
    /// Where a source stood.
    package struct Standing: Sendable {
        package let memory: DatagramMemory
        /// What its reader had written down.
        package let state: [UInt8]
        /// What came behind that.
        package let datagrams: [KeptDatagram]
    }

    /// The memory of a source whose process is dead. It may have been written by anybody: what cannot be true is refused.
    ///
    /// - Throws: why it cannot be gone on with.
    package static func attach(
        _ file: consuming OwnedDescriptor,
        keptAs number: UInt64,
        keeper: any SourceKeeper,
        account: any Sendable
    ) throws(IntakeMemory.Refusal) -> Standing {
        let memory = DatagramMemory(
            try CheckpointedMemory.map(file, magic: IntakeLayout.datagramMagic),
            keeper: keeper,
            account: account
        )
        memory.kept = number
        let taken = memory.memory.word(.taken).load()
        guard taken < 1 << 60, let (head, state) = memory.memory.newest(), head.offset <= taken else {
            throw .unreadable
        }
        try memory.memory.goOn(from: head, taken: taken)
        memory.position = taken
        return Standing(
            memory: memory,
            state: state,
            datagrams: KeptDatagram.all(in: memory.memory.bytes(from: head.offset, count: Int(taken - head.offset)))
        )
    }
}

/// A datagram as it came.
package struct KeptDatagram: Hashable, Sendable {
    /// `address:port`.
    package let sender: String
    /// Which of its ports it came to.
    package let port: UInt16
    /// When, µs: monotonic, and of the wall clock.
    package let at: Int64
    package let wall: Int64
    package let bytes: ByteBuffer

    static let longestHead = 24 + 255

    package init(sender: String, port: UInt16, at: Int64, wall: Int64, bytes: ByteBuffer) {
        self.sender = sender
        self.port = port
        self.at = at
        self.wall = wall
        self.bytes = bytes
    }

    /// What stands before its bytes: their length, the sender's, the port, the times, the sender.
    fileprivate var head: ByteBuffer {
        let sender = Array(self.sender.utf8.prefix(255))
        var head = ByteBuffer()
        head.writeInteger(UInt32(clamping: self.bytes.readableBytes))
        head.writeInteger(UInt16(clamping: sender.count))
        head.writeInteger(self.port)
        head.writeInteger(self.at)
        head.writeInteger(self.wall)
        head.writeBytes(sender)
        return head
    }

    /// Those that lie one behind the other, as far as they are some.
    fileprivate static func all(in bytes: ByteBuffer) -> [KeptDatagram] {
        var rest = bytes
        var all: [KeptDatagram] = []
        while let count = rest.readInteger(as: UInt32.self), let senderCount = rest.readInteger(as: UInt16.self),
            let port = rest.readInteger(as: UInt16.self), let at = rest.readInteger(as: Int64.self),
            let wall = rest.readInteger(as: Int64.self), let sender = rest.readString(length: Int(senderCount)),
            let datagram = rest.readSlice(length: Int(count))
        {
            guard (0..<1 << 53).contains(at), (0..<1 << 53).contains(wall) else { return all }
            all.append(KeptDatagram(sender: sender, port: port, at: at, wall: wall, bytes: datagram))
        }
        return all
    }
}

/// Has somebody else hold the memory of a source by UDP, who gives it to whoever follows when this process dies. It must not
/// block.
package protocol SourceKeeper: Sendable {
    /// - Returns: for ``forget(_:)``; nil if it cannot be.
    func keep(_ memory: borrowing OwnedDescriptor, ofSource name: String) -> UInt64?

    /// The source is over.
    func forget(_ number: UInt64)
}

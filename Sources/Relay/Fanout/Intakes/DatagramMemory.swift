package import Linux
package import NIOCore

/// What of a source by UDP outlives the process that reads it: the datagrams that came, and where their reader stood. Its layout
/// is ``IntakeLayout``'s; what is counted there as read is what lies in the ring, one datagram after the other.
@safe
package final class DatagramMemory: @unchecked Sendable {
    // @unchecked: it belongs to the thread that reads the source.
    private let memory: MirroredMemory
    private let keeper: any SourceKeeper
    /// Answers for the memory as long as this is held.
    private let account: any Sendable

    /// Bytes that lie in the ring, or lay there.
    private var position: UInt64 = 0
    private var number: UInt64 = 0
    private var writtenAt: (position: UInt64, time: Int64)?
    /// Of the keeper; nil before the first checkpoint, without which nobody could go on.
    private var kept: UInt64?

    /// Bytes that one takes at most.
    package static let size = IntakeLayout.size

    /// No datagram is longer.
    private static let longest = 65_536

    private init(_ memory: consuming MirroredMemory, keeper: any SourceKeeper, account: any Sendable) {
        self.memory = memory
        self.keeper = keeper
        self.account = account
    }

    /// New memory; `account` answers for it.
    package static func make(keeper: any SourceKeeper, account: any Sendable) throws(LinuxError) -> DatagramMemory {
        let memory = try MirroredMemory.make(
            name: "source",
            prefix: IntakeLayout.prefixSize,
            capacity: IntakeLayout.ringSize
        )
        let made = DatagramMemory(memory, keeper: keeper, account: account)
        made.word(.magic).store(IntakeLayout.datagramMagic)
        return made
    }

    private func word(_ word: IntakeLayout.Word) -> SharedWord {
        unsafe SharedWord(at: self.memory.prefix + word.rawValue)
    }

    /// Keeps a datagram, before it is read.
    package func append(_ datagram: KeptDatagram) {
        let head = datagram.head
        let count = head.readableBytes + datagram.bytes.readableBytes
        guard count <= Self.longest + KeptDatagram.longestHead else { return }
        var place = unsafe self.memory.ring + Int(self.position % UInt64(IntakeLayout.ringSize))
        for part in [head, datagram.bytes] {
            unsafe part.withUnsafeReadableBytes { bytes in
                guard let source = bytes.baseAddress else { return }
                unsafe place.copyMemory(from: source, byteCount: bytes.count)
            }
            unsafe place += part.readableBytes
        }
        self.position += UInt64(count)
        // Behind the bytes: what is counted is whole.
        self.word(.taken).store(self.position)
    }

    // MARK: Checkpoints

    /// Whether it is time for one.
    package func isDue(now: Int64) -> Bool {
        guard let writtenAt else { return true }
        return now - writtenAt.time >= FanoutLimits.checkpointInterval.nanoseconds / 1000
            || self.position - writtenAt.position >= UInt64(IntakeLayout.ringSize / 4)
    }

    /// Writes down where the reader stands behind all datagrams that came, at that time, µs; the source outlives the process from
    /// the first of them on.
    package func write(_ state: [UInt8], of name: String, now: Int64) {
        guard state.count <= IntakeLayout.stateSize else { return }
        self.writtenAt = (self.position, now)
        let number = self.number + 1
        let start = unsafe self.memory.prefix + IntakeLayout.checkpoint(number)
        var head = IntakeCheckpointHead(
            number: number,
            offset: self.position,
            replied: 0,
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
        if self.kept == nil { self.kept = self.keeper.keep(self.memory.descriptor, ofSource: name) }
    }

    /// What comes from here on nobody goes on with.
    package func forget() {
        if let kept = self.kept.take() { self.keeper.forget(kept) }
    }

    /// All datagrams were read again, and this process has survived it.
    package func endRepeating() { self.word(.tried).store(0) }
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
        guard SharedMemory.sealedSize(of: file) == IntakeLayout.size,
            let mapped = try? MirroredMemory.map(
                file,
                prefixSize: IntakeLayout.prefixSize,
                ringSize: IntakeLayout.ringSize,
                writable: true
            )
        else { throw .unreadable }
        let memory = DatagramMemory(mapped, keeper: keeper, account: account)
        memory.kept = number
        let taken = memory.word(.taken).load()
        guard memory.word(.magic).load() == IntakeLayout.datagramMagic, taken < 1 << 60,
            let (head, state) = [memory.checkpoint(0), memory.checkpoint(1)].compactMap({ $0 })
                .max(by: { $0.0.number < $1.0.number }), head.offset <= taken
        else { throw .unreadable }
        guard taken - head.offset <= UInt64(IntakeLayout.ringSize) else { throw .overrun }
        guard memory.word(.tried).load() != head.number else { throw .fatal }
        memory.word(.tried).store(head.number)
        memory.number = head.number
        memory.position = taken
        return Standing(
            memory: memory,
            state: state,
            datagrams: KeptDatagram.all(in: memory.bytes(from: head.offset, to: taken))
        )
    }

    private func bytes(from start: UInt64, to end: UInt64) -> ByteBuffer {
        let place = unsafe self.memory.ring + Int(start % UInt64(IntakeLayout.ringSize))
        return unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(start: place, count: Int(end - start)))
    }

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

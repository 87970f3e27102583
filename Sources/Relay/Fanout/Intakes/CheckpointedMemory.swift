internal import Linux
internal import NIOCore

/// Memory that outlives the process that reads into it: what came lies in a ring, each byte at its number modulo the ring's
/// size, and where its reader stood is written in turn to one of two places (``IntakeLayout``).
@safe
struct CheckpointedMemory: ~Copyable {
    private let memory: MirroredMemory

    /// The newest checkpoint's; 0 before the first.
    private var number: UInt64 = 0
    /// How far what came reached when it was last tried to write one, and when that was.
    private var writtenAt: (position: UInt64, time: Int64)?

    private init(_ memory: consuming MirroredMemory) { self.memory = memory }

    /// New memory. The name is shown in `/proc/PID/maps`.
    static func make(name: String, magic: UInt64) throws(LinuxError) -> CheckpointedMemory {
        let memory = CheckpointedMemory(
            try MirroredMemory.make(name: name, prefix: IntakeLayout.prefixSize, capacity: IntakeLayout.ringSize)
        )
        memory.word(.magic).store(magic)
        return memory
    }

    /// That of a process that is dead, which may have been written by anybody.
    static func map(
        _ file: consuming OwnedDescriptor,
        magic: UInt64
    ) throws(IntakeMemory.Refusal) -> CheckpointedMemory {
        guard SharedMemory.sealedSize(of: file) == IntakeLayout.size,
            let mapped = try? MirroredMemory.map(
                file,
                prefixSize: IntakeLayout.prefixSize,
                ringSize: IntakeLayout.ringSize,
                writable: true
            )
        else { throw .unreadable }
        let memory = CheckpointedMemory(mapped)
        guard memory.word(.magic).load() == magic else { throw .unreadable }
        return memory
    }

    /// For handing to another process.
    var descriptor: OwnedDescriptor {
        _read { yield self.memory.descriptor }
    }

    func word(_ word: IntakeLayout.Word) -> SharedWord {
        unsafe SharedWord(at: self.memory.prefix + word.rawValue)
    }

    /// Where the byte of that number is; a whole ring may be read or written from there on.
    @unsafe
    func place(_ position: UInt64) -> UnsafeMutableRawPointer {
        unsafe self.memory.ring + Int(position % UInt64(IntakeLayout.ringSize))
    }

    /// A copy of so many bytes, at most a whole ring.
    func bytes(from position: UInt64, count: Int) -> ByteBuffer {
        unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(start: self.place(position), count: count))
    }

    // MARK: Checkpoints

    /// Whether it is time for one: an interval after the last, or when much has come since.
    func isDue(position: UInt64, now: Int64, interval: Int64) -> Bool {
        guard let writtenAt else { return true }
        return now - writtenAt.time >= interval || position - writtenAt.position >= UInt64(IntakeLayout.ringSize / 4)
    }

    /// Writes down where the reader stands: what it needs to go on, behind how many bytes, and how many it has answered.
    ///
    /// - Returns: whether there was room for it.
    mutating func write(
        _ state: [UInt8],
        offset: UInt64,
        replied: UInt64,
        position: UInt64,
        now: Int64
    ) -> Bool {
        self.writtenAt = (position, now)
        guard state.count <= IntakeLayout.stateSize else { return false }
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
        return true
    }

    /// The newest checkpoint, and what was written down; nil where none is whole.
    func newest() -> (head: IntakeCheckpointHead, state: [UInt8])? {
        [self.checkpoint(0), self.checkpoint(1)].compactMap { $0 }.max { $0.head.number < $1.head.number }
    }

    private func checkpoint(_ place: UInt64) -> (head: IntakeCheckpointHead, state: [UInt8])? {
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

    // MARK: Going on

    /// From a checkpoint of a process that is dead, behind which so many bytes in all have come. Until ``endRepeating()`` nobody
    /// else goes on from the same one.
    mutating func goOn(from head: IntakeCheckpointHead, taken: UInt64) throws(IntakeMemory.Refusal) {
        guard taken - head.offset <= UInt64(IntakeLayout.ringSize) else { throw .overrun }
        guard self.word(.tried).load() != head.number else { throw .fatal }
        self.word(.tried).store(head.number)
        self.number = head.number
    }

    /// All that came behind it was read again, and this process has survived that.
    func endRepeating() { self.word(.tried).store(0) }
}

internal import Capacity
internal import Linux

/// A ring of records in shared memory with one writer, which never waits, and any number of readers, which the writer
/// does not know of.
///
/// The protocol is a seqlock's: before the writer reuses memory it publishes a tail beyond what lay there; a reader
/// uses bytes in place and looks at the tail *afterwards*: what was still behind the tail then was whole.
@safe
struct Ring: ~Copyable, @unchecked Sendable {
    // @unchecked: one writer (the tape's owner serialises) and readers that follow the protocol above.

    /// A record is at most this part of the ring, so that one append leaves most of what readers are at alone.
    static let recordShare = 8

    /// See ``TapeSize/guardShare``; of the index, too.
    static let guardShare = TapeSize.guardShare

    let memory: MirroredMemory
    let base: UnsafeMutableRawPointer
    private let index: UnsafeMutablePointer<RingEntry>
    private let indexMask: UInt64

    /// Bytes in the ring.
    let size: UInt64
    let recordLimit: Int

    /// Bytes that are kept at most: the whole ring, or what ``TapeGrowth`` allows of it.
    let capacityWord: SharedWord
    let headWord: SharedWord
    let tailWord: SharedWord
    let nextSequenceWord: SharedWord
    let tailSequenceWord: SharedWord
    let safeWord: SharedWord
    let safeSequenceWord: SharedWord
    let newestJoinWord: SharedWord
    let finishedWord: SharedWord
    let barriersWord: SharedWord
    let preambleWord: SharedWord

    private init(mapping memory: consuming MirroredMemory, entries: Int) {
        let prefix = unsafe memory.prefix
        unsafe self.base = memory.ring
        unsafe self.index = (prefix + RingLayout.indexOffset).assumingMemoryBound(to: RingEntry.self)
        self.indexMask = UInt64(entries - 1)
        self.size = UInt64(memory.ringSize)
        self.recordLimit = memory.ringSize / Self.recordShare
        self.capacityWord = unsafe Self.word(.capacity, in: prefix)
        self.headWord = unsafe Self.word(.head, in: prefix)
        self.tailWord = unsafe Self.word(.tail, in: prefix)
        self.nextSequenceWord = unsafe Self.word(.nextSequence, in: prefix)
        self.tailSequenceWord = unsafe Self.word(.tailSequence, in: prefix)
        self.safeWord = unsafe Self.word(.safe, in: prefix)
        self.safeSequenceWord = unsafe Self.word(.safeSequence, in: prefix)
        self.newestJoinWord = unsafe Self.word(.newestJoin, in: prefix)
        self.finishedWord = unsafe Self.word(.finished, in: prefix)
        self.barriersWord = unsafe Self.word(.barriers, in: prefix)
        self.preambleWord = unsafe Self.word(.preamble, in: prefix)
        self.memory = memory
    }

    /// A new ring of at least `capacity` bytes that keeps at least `records` records; with `isEmpty` it keeps no bytes before
    /// its capacity is set.
    static func make(
        name: String,
        kind: UInt64,
        capacity: Int,
        records: Int,
        isEmpty: Bool = false
    ) throws(TapeError) -> Ring {
        guard capacity > 0, capacity < 1 << 40, records > 0, records < 1 << 32 else {
            throw .sizeInvalid(capacity: capacity, records: records)
        }
        let entries = 1 << (Int.bitWidth - (max(records, 16) - 1).leadingZeroBitCount)
        let layout = RingLayout(kind: kind, entries: entries)
        let memory: MirroredMemory
        do {
            memory = try MirroredMemory.make(name: name, prefix: layout.prefixSize, capacity: capacity)
        } catch {
            throw .system(error)
        }
        let prefix = unsafe memory.prefix
        unsafe Self.word(.kind, in: prefix).store(kind)
        unsafe Self.word(.size, in: prefix).store(UInt64(memory.ringSize))
        unsafe Self.word(.entries, in: prefix).store(UInt64(entries))
        unsafe Self.word(.capacity, in: prefix).store(isEmpty ? 0 : UInt64(memory.ringSize))
        unsafe Self.word(.magic, in: prefix).store(RingLayout.magic)
        return Ring(mapping: memory, entries: entries)
    }

    /// Maps a ring whose memory another process wrote, without believing any of it yet.
    static func map(
        _ file: consuming OwnedDescriptor,
        entries: Int,
        ringSize: Int
    ) throws(TapeError) -> Ring {
        let layout = RingLayout(kind: 0, entries: entries)
        do {
            let memory = try MirroredMemory.map(
                file,
                prefixSize: layout.wholePrefixSize,
                ringSize: ringSize,
                writable: true
            )
            return Ring(mapping: memory, entries: entries)
        } catch {
            throw .system(error)
        }
    }

    private static func word(_ word: RingLayout.Word, in prefix: UnsafeMutableRawPointer) -> SharedWord {
        unsafe SharedWord(at: prefix + word.rawValue)
    }

    /// The memory of the byte at an absolute offset; whole runs of up to ``size`` bytes follow it.
    @unsafe
    func address(of offset: UInt64) -> UnsafeMutableRawPointer {
        unsafe self.base + Int(truncatingIfNeeded: offset % self.size)
    }

    func slot(of sequence: UInt64) -> UnsafeMutablePointer<RingEntry> {
        unsafe self.index + Int(truncatingIfNeeded: sequence & self.indexMask)
    }

    /// The most records the index holds.
    var entryCount: UInt64 { self.indexMask + 1 }
}

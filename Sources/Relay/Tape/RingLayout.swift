internal import Linux

/// The flat layout of a ring's shared memory, version 1. All words are 64 bits in the machine's byte order.
///
/// ```
///      0  magic "TAPE" and version      8  kind (of the records)
///     16  ring size, bytes             24  index entries (a power of two)
///     32  bytes that are kept: all of the ring, or less of it for the time being
///     64  head: offset behind the last byte written
///     72  sequence of the next record
///    128  tail: offset of the oldest byte that is still whole
///    136  sequence of the oldest record that is still whole
///    144  safe tail: offset of the oldest record that the next append cannot reach
///    152  its sequence
///    192  newest join: its sequence + 1, 0 while there is none
///    200  1 once no more records will come
///    208  number of barriers set so far (wire tapes)
///    216  fingerprint of the preamble in force (wire tapes), 0 before the first
///   4096  index: 32 bytes an entry, record N in entry N mod entries
///      …  the ring, from the next page on; byte N at N mod ring size
/// ```
///
/// Nothing in it is an address, so another process can map it and read on. Words that readers poll and words that the
/// writer alone works with are on cache lines of their own.
struct RingLayout {
    static let magic: UInt64 = 0x0000_0001_4550_4154
    static let indexOffset = 4096

    let kind: UInt64
    let entries: Int

    var prefixSize: Int { Self.indexOffset + self.entries * MemoryLayout<RingEntry>.stride }

    /// The same in whole pages: where the ring begins in the file.
    var wholePrefixSize: Int {
        let page = MirroredMemory.pageSize
        return (self.prefixSize + page - 1) / page * page
    }

    enum Word: Int {
        case magic = 0
        case kind = 8
        case size = 16
        case entries = 24
        case capacity = 32
        case head = 64
        case nextSequence = 72
        case tail = 128
        case tailSequence = 136
        case safe = 144
        case safeSequence = 152
        case newestJoin = 192
        case finished = 200
        case barriers = 208
        case preamble = 216
    }
}

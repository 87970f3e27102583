internal import Linux

/// The flat layout of an intake's memory, version 1. Words are 64 bits in the machine's byte order.
///
/// ```
///      0  magic "INTK" and version
///      8  what the kernel had counted when the intake began: bytes read    16  bytes written
///     24  the checkpoint that is being gone on from; 0: none
///   4096  two checkpoints, written in turn, each:
///            0  its number   8  bytes that came before it   16  bytes that were answered before it
///           24  bytes of what was written down              32  checksum of all this
///           64  what was written down
///      …  ring: the bytes that came, from the next page on
/// ```
struct IntakeLayout {
    static let magic: UInt64 = 0x0000_0001_4B54_4E49

    /// "DTGM" and version, of datagrams: there is no connection that the kernel counts for, so the word at 8 says how many bytes
    /// lie in the ring, or lay there.
    static let datagramMagic: UInt64 = 0x0000_0001_4D47_5444

    static let headerSize = 4096

    /// Bytes of a checkpoint, its head included.
    static let checkpointSize = 256 << 10
    static let checkpointHead = 64

    /// Bytes that an intake may send between two checkpoints and survive: seconds of most streams, and more than one message
    /// of any.
    static let ringSize = 4 << 20

    static let prefixSize = Self.headerSize + 2 * Self.checkpointSize
    static let size = Self.prefixSize + Self.ringSize

    /// The most that can be written down.
    static let stateSize = Self.checkpointSize - Self.checkpointHead

    enum Word: Int {
        case magic = 0
        case taken = 8
        case given = 16
        case tried = 24
    }

    /// Where the checkpoint of that number is.
    static func checkpoint(_ number: UInt64) -> Int {
        Self.headerSize + Int(number % 2) * Self.checkpointSize
    }
}

/// What stands before what was written down.
struct IntakeCheckpointHead: BitwiseCopyable {
    var number: UInt64
    var offset: UInt64
    var replied: UInt64
    var count: UInt64
    var checksum: UInt64

    /// FNV-1a (draft-eastlake-fnv-17) of all the other words and of the bytes.
    func sum(over bytes: UnsafeRawBufferPointer) -> UInt64 {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for word in [self.number, self.offset, self.replied, self.count] {
            sum = (sum ^ word) &* 0x100_0000_01b3
        }
        return unsafe bytes.reduce(sum) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

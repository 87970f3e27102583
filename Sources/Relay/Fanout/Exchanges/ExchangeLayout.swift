internal import Linux

/// The flat layout of a table of exchanges, version 1. Words are 64 bits in the machine's byte order.
///
/// ```
///      0  magic "XCHG" and version       8  places
///   4096  places, of so many bytes each:
///            0  its generation; 0: it is free    8  the newest note's number
///           64  two notes, in turn: a head (``ExchangeNoteHead``), and what is noted where there is room for it
///         4096  what is noted and has no room there: two, in turn
/// ```
///
/// What is noted is the answer's head, its body unless that is on a tape, and input, one behind the other.
struct ExchangeLayout {
    static let magic: UInt64 = 0x0000_0001_4748_4358
    static let headerSize = 4096
    static let pageSize = 4096

    static let generation = 0
    static let newest = 8
    private static let notes = 64
    static let noteSize = (Self.pageSize - Self.notes) / 2

    /// Bytes that one note has room for in the place's first page: those of most.
    static let smallRoom = Self.noteSize - MemoryLayout<ExchangeNoteHead>.size

    /// Bytes that one has room for: a playlist, or requests that wait.
    static let largeRoom = 64 << 10

    static let placeSize = Self.pageSize + 2 * Self.largeRoom

    /// Places of one table.
    static let mostPlaces = 16384

    let places: Int

    var size: Int { Self.headerSize + self.places * Self.placeSize }

    func place(_ slot: Int) -> Int { Self.headerSize + slot * Self.placeSize }

    func note(_ number: UInt64, of slot: Int) -> Int {
        self.place(slot) + Self.notes + Int(number % 2) * Self.noteSize
    }

    /// Where so many bytes are noted.
    func room(for count: Int, _ number: UInt64, of slot: Int) -> Int {
        count <= Self.smallRoom
            ? self.note(number, of: slot) + MemoryLayout<ExchangeNoteHead>.size
            : self.place(slot) + Self.pageSize + Int(number % 2) * Self.largeRoom
    }

    init(places: Int) {
        self.places = min(max(places, 1), Self.mostPlaces)
    }

    /// Reads the header of memory that may come from anywhere; nil where it is not a table of this version.
    init?(reading base: UnsafeMutableRawPointer, size: Int) {
        guard size >= Self.headerSize, unsafe base.load(as: UInt64.self) == Self.magic,
            let places = unsafe Int(exactly: base.load(fromByteOffset: 8, as: UInt64.self)),
            (1...Self.mostPlaces).contains(places)
        else { return nil }
        self.init(places: places)
        guard self.size <= size else { return nil }
    }

    func write(to base: UnsafeMutableRawPointer) {
        unsafe base.storeBytes(of: UInt64(self.places), toByteOffset: 8, as: UInt64.self)
        unsafe base.storeBytes(of: Self.magic, toByteOffset: 0, as: UInt64.self)
    }
}

/// What stands before what is noted of an exchange.
struct ExchangeNoteHead: BitwiseCopyable {
    enum Kind {
        static let reading: UInt64 = 0
        static let answeringBytes: UInt64 = 1
        static let answeringTape: UInt64 = 2
        /// There was no room for it.
        static let unknown: UInt64 = 3
    }

    var number: UInt64
    var kind: UInt64
    var isLast: UInt64
    var taken: UInt64
    var given: UInt64
    var headCount: UInt64
    var bodyCount: UInt64
    var inputCount: UInt64
    /// Of a body on a tape.
    var tape: UInt64 = 0
    var rangeStart: UInt64 = 0
    var rangeEnd: UInt64 = 0
    var partStart: UInt64 = 0
    var partEnd: UInt64 = 0
}

internal import Linux

/// The flat layout of a table of viewers, version 1. Words are 64 bits in the machine's byte order.
///
/// ```
///      0  magic "VIEW" and version       8  places
///     16  bytes of a place's state      24  journals
///   4096  states: one a place (``ViewerState``)
///      …  anchors: two a place (``ViewerAnchor``)
///      …  cards, from the next page on: one a journal, a length and as many bytes; behind them, in turn, how the dialogue stands
///      …  owed bytes, from the next page on: two a journal
/// ```
///
/// The first so many places have a journal, which says what a successor must know of a viewer beside its state.
struct ViewerTableLayout {
    static let magic: UInt64 = 0x0000_0001_5745_4956
    static let headerSize = 4096

    /// Bytes of a card, its length included.
    static let cardSize = 2048

    /// Bytes that a viewer may be owed beside the tape and survive with.
    static let owedSize = 32 << 10

    /// Viewers of one thread that survive their process.
    static let mostJournals = 16384

    let capacity: Int
    let journals: Int

    let states = Self.headerSize
    var anchors: Int { self.states + self.capacity * MemoryLayout<ViewerState>.stride }
    var cards: Int { Self.wholePages(self.anchors + self.capacity * 2 * MemoryLayout<ViewerAnchor>.stride) }
    var owed: Int { Self.wholePages(self.cards + self.journals * Self.cardSize) }
    var size: Int { self.owed + self.journals * 2 * Self.owedSize }

    func anchor(_ number: Int, of slot: Int) -> Int {
        self.anchors + (2 * slot + number) * MemoryLayout<ViewerAnchor>.stride
    }

    func card(of slot: Int) -> Int { self.cards + slot * Self.cardSize }

    /// Where it is noted how the dialogue with a viewer stands, in turn: two places behind its card, of so many bytes. Nil where the
    /// card leaves no room.
    func dialogue(_ number: UInt64, of slot: Int, behind card: Int) -> Range<Int>? {
        guard (0...Self.cardSize).contains(card) else { return nil }
        let start = MemoryLayout<UInt64>.size + (card + 7) / 8 * 8
        let size = (Self.cardSize - start) / 16 * 8
        guard size > IntakeLayout.checkpointHead else { return nil }
        let place = self.card(of: slot) + start + Int(number % 2) * size
        return place..<place + size
    }

    func owed(_ number: Int, of slot: Int) -> Int { self.owed + (2 * slot + number) * Self.owedSize }

    init(capacity: Int, journals: Int) {
        self.capacity = capacity
        self.journals = min(journals, capacity)
    }

    /// Reads the header of memory that may come from anywhere; nil where it is not a table of this version.
    init?(reading base: UnsafeMutableRawPointer, size: Int) {
        guard size >= Self.headerSize else { return nil }
        let words = (0..<4).map { unsafe base.load(fromByteOffset: 8 * $0, as: UInt64.self) }
        guard words[0] == Self.magic, words[2] == UInt64(MemoryLayout<ViewerState>.stride),
            let capacity = Int(exactly: words[1]), (1...ViewerID.maximumSlots).contains(capacity),
            let journals = Int(exactly: words[3]), (0...Self.mostJournals).contains(journals), journals <= capacity
        else { return nil }
        self.init(capacity: capacity, journals: journals)
        guard self.size <= size else { return nil }
    }

    func write(to base: UnsafeMutableRawPointer) {
        unsafe base.storeBytes(of: UInt64(self.capacity), toByteOffset: 8, as: UInt64.self)
        unsafe base.storeBytes(of: UInt64(MemoryLayout<ViewerState>.stride), toByteOffset: 16, as: UInt64.self)
        unsafe base.storeBytes(of: UInt64(self.journals), toByteOffset: 24, as: UInt64.self)
        unsafe base.storeBytes(of: Self.magic, toByteOffset: 0, as: UInt64.self)
    }

    private static func wholePages(_ bytes: Int) -> Int {
        (bytes + MirroredMemory.pageSize - 1) / MirroredMemory.pageSize * MirroredMemory.pageSize
    }
}

/// Where a viewer was when something last happened to it that was not plain sending. From here on its place follows from how
/// much the kernel was given for it.
struct ViewerAnchor: BitwiseCopyable {
    /// Absolute offset on the tape of what comes behind what it is owed.
    var cursor: UInt64
    /// ``ViewerState/sent`` by then.
    var sent: UInt64
    /// Bytes of its own that come before those of the tape.
    var owed: UInt32
    /// ``ViewerState/Flags``.
    var flags: UInt32
    /// Whether it is owed more than there is room for.
    var isBeyondRoom: UInt64
}

/// Where a viewer of datagrams is, as one word, which is never half written: the next offset on its tape, and above it the next
/// number of RTP around MPEG-TS.
struct DatagramMark: Hashable {
    /// No tape is longer, bytes.
    private static let offsetBits: UInt64 = 48

    let offset: UInt64
    let sequence: UInt16

    init(offset: UInt64, sequence: UInt16) {
        self.offset = offset
        self.sequence = sequence
    }

    init(word: UInt64) {
        self.offset = word & (1 << Self.offsetBits - 1)
        self.sequence = UInt16(truncatingIfNeeded: word >> Self.offsetBits)
    }

    /// 0, which is nobody's, where the offset is beyond all tapes.
    var word: UInt64 {
        self.offset < 1 << Self.offsetBits ? UInt64(self.sequence) << Self.offsetBits | self.offset : 0
    }
}

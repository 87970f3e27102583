/// The memory that a tape takes for what it keeps. The tapes of a relay grow by it, and `transponder check` computes with it.
package enum TapeSize {
    /// The part of what is kept, before the tail, that readers stay away from. One append moves the tail by less than two
    /// of the largest records, so it never reaches a reader that kept this distance.
    package static let guardShare = 4

    /// Bytes of one entry of a tape's index.
    package static let indexEntry = 32

    /// Records that a tape's index holds at least.
    package static let leastRecords = 1 << 14

    /// Bytes of payload that a tape begins with; it grows from there.
    package static let start = 512 << 10

    /// Memory is taken ahead of the writer, and given back behind the tail, in steps of this part of what is kept.
    private static let stepShare = 8
    /// Bytes.
    package static let steps = (64 << 10)...(1 << 20)

    /// No stream sends evenly: a tape is larger by this part than what it is to hold.
    private static let headroomShare = 8

    /// No tape is larger, bytes: sums and products of sizes stay far from overflow.
    package static let largest = 1 << 40

    /// Bytes of a step of a tape that keeps so many.
    package static func step(_ capacity: Int) -> Int {
        min(max(capacity / Self.stepShare, Self.steps.lowerBound), Self.steps.upperBound)
    }

    /// Bytes a tape must keep so that readers find `bytes` of them, with headroom; in whole steps of the smallest size.
    package static func capacity(holding bytes: Int) -> Int {
        let bytes = min(max(bytes, 0), Self.largest)
        let kept = bytes + bytes / (Self.guardShare - 1)
        let whole = kept + kept / Self.headroomShare + Self.steps.lowerBound
        return min(whole / Self.steps.lowerBound * Self.steps.lowerBound, Self.largest)
    }

    /// Bytes of memory of a tape that keeps so many: what has not been given back yet and what has been taken ahead are a
    /// step each.
    package static func footprint(_ capacity: Int, index: Int) -> Int { capacity + 2 * Self.step(capacity) + index }

    /// Bytes of an index for so many records: it has a power of two of entries.
    package static func index(records: Int) -> Int {
        let records = min(max(records, 16), 1 << 32)
        return Self.indexEntry << (Int.bitWidth - (records - 1).leadingZeroBitCount)
    }

    /// Bytes that a tape costs when it begins, index included.
    package static let startCost = footprint(start, index: index(records: leastRecords))
}

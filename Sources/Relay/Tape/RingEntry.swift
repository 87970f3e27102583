/// One record in a ring's index: 32 bytes, in the byte order of the machine.
struct RingEntry: BitwiseCopyable {
    /// Counts records from the ring's start; an entry that holds another one was reused.
    var sequence: UInt64
    /// The record's first byte, counted from the ring's start.
    var offset: UInt64
    /// µs on the stream's clock.
    var time: Int64
    var length: UInt32
    var flags: Flags

    var end: UInt64 { self.offset + UInt64(self.length) }

    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt32

        /// A reader that has nothing yet can begin with this record.
        static let join = Flags(rawValue: 1 << 0)
    }
}

/// Where a record lies on a tape.
package struct TapeRecord: Hashable, Sendable {
    package let sequence: UInt64
    /// Absolute offsets of the record's bytes.
    package let range: Range<UInt64>
}

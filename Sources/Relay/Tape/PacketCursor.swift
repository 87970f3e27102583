internal import Linux
internal import NIOCore

/// A reader's place on a packet tape.
package struct PacketCursor: Sendable {
    package enum Step: Hashable, Sendable {
        case entry(TapeEntry)
        /// Everything was read; more may come.
        case end
        /// The writer has come past the reader: go on from a join.
        case overrun
    }

    private let tape: PacketTape

    /// The sequence of the event that comes next.
    package private(set) var sequence: UInt64

    init(tape: PacketTape, sequence: UInt64) {
        self.tape = tape
        self.sequence = sequence
    }

    /// The next event, copied out of the tape.
    package mutating func next() -> Step {
        guard self.sequence < self.tape.ring.nextSequenceWord.load() else { return .end }
        guard let entry = self.tape.ring.entry(self.sequence) else { return .overrun }
        var bytes = ByteBufferAllocator().buffer(capacity: Int(entry.length))
        let isWhole = unsafe self.tape.ring.read(entry.offset..<entry.end) { source in
            _ = unsafe bytes.writeBytes(source)
        }
        guard isWhole, let record = PacketRecord(reading: bytes) else { return .overrun }
        defer { self.sequence += 1 }
        return .entry(
            TapeEntry(
                sequence: self.sequence,
                event: record.event,
                isJoin: record.isJoin,
                isRepeat: record.isRepeat,
                segment: record.segment
            )
        )
    }
}

package import Linux
package import Media
package import NIOCore

extension WireTape {
    /// Absolute offset behind the last byte.
    package var head: UInt64 { self.ring.headWord.load() }

    /// Absolute offset of the oldest byte that is still whole.
    package var tail: UInt64 { self.ring.tailWord.load() }

    /// The oldest offset that is safe to send from: the writer's next append cannot reach it.
    package var safeTail: UInt64 { self.ring.safeWord.load() }

    /// The sequence of the next record.
    package var nextSequence: UInt64 { self.ring.nextSequenceWord.load() }

    /// The sequence of the oldest record that is still whole.
    package var oldestSequence: UInt64 { self.ring.tailSequenceWord.load() }

    /// Bytes the tape holds at most.
    package var capacity: Int { Int(truncatingIfNeeded: self.ring.size) }

    /// The largest record that is taken, bytes.
    package var recordLimit: Int { self.ring.recordLimit }

    /// How often a preamble that cannot be continued came into force; cheap to poll.
    package var barrierCount: UInt64 { self.ring.barriersWord.load() }

    /// The record that the byte at `offset` belongs to; nil when it is overwritten or not yet written.
    package func record(at offset: UInt64) -> TapeRecord? {
        guard let entry = self.ring.entry(at: offset) else { return nil }
        return TapeRecord(sequence: entry.sequence, range: entry.offset..<entry.end)
    }

    /// A copy of the bytes; nil when they are overwritten or not yet written.
    package func copy(_ range: Range<UInt64>) -> ByteBuffer? {
        guard range.upperBound - range.lowerBound <= self.ring.size else { return nil }
        var copy = ByteBufferAllocator().buffer(capacity: Int(truncatingIfNeeded: range.upperBound - range.lowerBound))
        let isWhole = unsafe self.ring.read(range) { bytes in
            _ = unsafe copy.writeBytes(bytes)
        }
        return isWhole ? copy : nil
    }

    /// The time of the newest record; nil where there is none.
    package var newestTime: MediaTime? {
        let next = self.nextSequence
        guard next > 0, let entry = self.ring.entry(next - 1) else { return nil }
        return MediaTime(microseconds: entry.time)
    }

    /// ``Preamble/fingerprint`` of the preamble in force; 0 before the first.
    package var preambleFingerprint: UInt64 { self.ring.preambleWord.load() }

    /// What somebody who was sent everything before `offset` is still to have of what is on the tape, whole records all of
    /// it: of at most `limit` bytes, or the rest of the record that he is in the middle of where there is more. Nil where the
    /// rest of that record is gone.
    package func rest(from offset: UInt64, limit: Int) -> ByteBuffer? {
        let head = self.head
        guard offset < head else { return offset == head ? ByteBuffer() : nil }
        guard let record = self.record(at: offset) else { return nil }
        if head - offset <= UInt64(limit) { return self.copy(offset..<head) }
        return record.range.lowerBound == offset ? ByteBuffer() : self.copy(offset..<record.range.upperBound)
    }

    /// The tape's memory, for a successor to map; its layout is ``RingLayout``'s.
    package func shareMemory() throws(LinuxError) -> OwnedDescriptor {
        try self.ring.memory.descriptor.duplicate()
    }

    /// The tape's memory, to send from. Valid as long as the tape is.
    package var window: WireWindow {
        unsafe WireWindow(
            base: UnsafeRawPointer(self.ring.base),
            size: self.ring.size,
            head: self.ring.headWord,
            tail: self.ring.tailWord,
            safe: self.ring.safeWord,
            barriers: self.ring.barriersWord
        )
    }
}

internal import Glibc
internal import Linux

/// A ring whose writer is dead. What it left is hostile input: nothing of it is used before it was looked at.
extension Ring {
    /// Maps the memory of a ring and puts in order what its writer was in the middle of: a record that is not whole lies
    /// beyond the head and is as if it had not been begun.
    static func attach(_ file: consuming OwnedDescriptor, kind: UInt64) throws(TapeError) -> Ring {
        guard let size = SharedMemory.sealedSize(of: file), size >= RingLayout.indexOffset else {
            throw .layoutUnknown
        }
        var header: [UInt64] = [0, 0, 0, 0]
        let count = unsafe header.withUnsafeMutableBytes { unsafe pread(file.number, $0.baseAddress, $0.count, 0) }
        guard count == 4 * MemoryLayout<UInt64>.size, header[0] == RingLayout.magic, header[1] == kind,
            let ringSize = Int(exactly: header[2]), let entries = Int(exactly: header[3]),
            entries >= 16, entries < 1 << 32, entries & (entries - 1) == 0,
            ringSize > 0, ringSize <= 1 << 42, ringSize % MirroredMemory.pageSize == 0,
            size == RingLayout(kind: kind, entries: entries).wholePrefixSize + ringSize
        else { throw .layoutUnknown }
        let ring = try Ring.map(file, entries: entries, ringSize: ringSize)
        try ring.recover()
        return ring
    }

    /// Looks at every entry that counts, and sets the words by what the entries say.
    private func recover() throws(TapeError) {
        let next = self.nextSequenceWord.load()
        let first = self.tailSequenceWord.load()
        guard first <= next, next - first <= self.entryCount, next < .max / 2 else { throw .layoutUnknown }
        guard self.capacityWord.load() <= self.size else { throw .layoutUnknown }
        let head = self.headWord.load()
        guard head < .max / 2 else { throw .layoutUnknown }
        var tail: UInt64?
        var end = head
        for sequence in first..<next {
            let entry = unsafe self.slot(of: sequence).pointee
            guard entry.sequence == sequence, Int(entry.length) <= self.recordLimit, entry.offset <= head,
                tail == nil || entry.offset == end
            else { throw .layoutUnknown }
            tail = tail ?? entry.offset
            end = entry.end
        }
        let start = tail ?? head
        // The head may be one record behind: it is moved last.
        guard end >= start, end - start <= self.size else { throw .layoutUnknown }
        if let last = first < next ? unsafe self.slot(of: next - 1).pointee : nil {
            guard head == last.end || head == last.offset else { throw .layoutUnknown }
        }
        self.headWord.store(end)
        self.tailWord.store(start)
        try self.recoverMarks(first..<next, start..<end)
    }

    private func recoverMarks(_ sequences: Range<UInt64>, _ bytes: Range<UInt64>) throws(TapeError) {
        let safeSequence = min(max(self.safeSequenceWord.load(), sequences.lowerBound), sequences.upperBound)
        self.safeSequenceWord.store(safeSequence)
        let isAtEnd = safeSequence == sequences.upperBound
        self.safeWord.store(isAtEnd ? bytes.upperBound : unsafe self.slot(of: safeSequence).pointee.offset)
        let join = self.newestJoinWord.load()
        guard join > 0 else { return }
        // It is set behind the records it speaks of.
        guard join - 1 < sequences.upperBound else { throw .layoutUnknown }
        if join - 1 < sequences.lowerBound { self.newestJoinWord.store(0) }
    }
}

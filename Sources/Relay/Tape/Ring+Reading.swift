internal import Linux

extension Ring {
    /// The entry of a record, nil when it is overwritten or not yet written.
    func entry(_ sequence: UInt64) -> RingEntry? {
        guard sequence < self.nextSequenceWord.load(), sequence >= self.tailSequenceWord.load() else { return nil }
        let entry = unsafe self.slot(of: sequence).pointee
        MemoryFence.acquire()
        guard self.tailSequenceWord.load() <= sequence, entry.sequence == sequence else { return nil }
        return entry
    }

    /// The record that the byte at `offset` belongs to; nil when it is overwritten or not yet written.
    func entry(at offset: UInt64) -> RingEntry? {
        guard offset < self.headWord.load() else { return nil }
        var low = self.tailSequenceWord.load()
        var high = self.nextSequenceWord.load()
        // Invariant: the record lies in low..<high, unless the writer has come past it.
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if let entry = self.entry(middle), entry.offset > offset {
                high = middle
            } else {
                // Overwritten counts as before: only newer records are left.
                low = middle
            }
        }
        guard let entry = self.entry(low), entry.offset <= offset, offset < entry.end else { return nil }
        return entry
    }

    /// Lends the bytes of a range to `body` and says whether they were whole until it returned.
    func read(_ range: Range<UInt64>, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        guard range.upperBound <= self.headWord.load(), range.lowerBound >= self.tailWord.load() else { return false }
        let count = Int(truncatingIfNeeded: range.upperBound - range.lowerBound)
        unsafe body(UnsafeRawBufferPointer(start: self.address(of: range.lowerBound), count: count))
        MemoryFence.acquire()
        return self.tailWord.load() <= range.lowerBound
    }
}

internal import Linux

extension Ring {
    /// Appends one record of `length` bytes, which `fill` writes, and makes it visible to readers.
    ///
    /// Returns the record's entry. Called by the one writer.
    @discardableResult
    func append(
        length: Int,
        time: Int64,
        flags: RingEntry.Flags,
        fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(TapeError) -> RingEntry {
        guard length <= self.recordLimit else { throw .recordTooLarge(length, limit: self.recordLimit) }
        let head = self.headWord.loadRelaxed()
        let sequence = self.nextSequenceWord.loadRelaxed()
        self.makeRoom(for: UInt64(length), at: head, sequence: sequence)
        unsafe fill(UnsafeMutableRawBufferPointer(start: self.address(of: head), count: length))
        let entry = RingEntry(
            sequence: sequence,
            offset: head,
            time: time,
            length: UInt32(truncatingIfNeeded: length),
            flags: flags
        )
        unsafe self.slot(of: sequence).pointee = entry
        // The sequence first: who sees the new head finds the record's entry.
        self.nextSequenceWord.store(sequence + 1)
        self.headWord.store(head + UInt64(length))
        return entry
    }

    /// Gives up what is beyond the capacity, when that has become less.
    func trim() {
        self.makeRoom(for: 0, at: self.headWord.loadRelaxed(), sequence: self.nextSequenceWord.loadRelaxed())
    }

    /// How far behind the head readers may be, bytes.
    var reach: UInt64 {
        let capacity = self.capacityWord.loadRelaxed()
        return capacity - capacity / UInt64(Self.guardShare)
    }

    /// Keeps a part of the ring between the safe tail and what is overwritten next.
    private func moveSafeTail(toLeave length: UInt64, at head: UInt64, sequence: UInt64) {
        let reach = self.reach
        let entries = self.entryCount - self.entryCount / UInt64(Self.guardShare)
        var safe = self.safeWord.loadRelaxed()
        var safeSequence = self.safeSequenceWord.loadRelaxed()
        guard head + length - safe > reach || sequence - safeSequence >= entries else { return }
        while safeSequence < sequence, head + length - safe > reach || sequence - safeSequence >= entries {
            unsafe safe = self.slot(of: safeSequence).pointee.end
            safeSequence += 1
        }
        self.safeSequenceWord.store(safeSequence)
        self.safeWord.store(safe)
    }

    /// Moves the tail, record by record, until the bytes and the entry about to be written are behind nobody's back.
    private func makeRoom(for length: UInt64, at head: UInt64, sequence: UInt64) {
        self.moveSafeTail(toLeave: length, at: head, sequence: sequence)
        let capacity = self.capacityWord.loadRelaxed()
        var tail = self.tailWord.loadRelaxed()
        var tailSequence = self.tailSequenceWord.loadRelaxed()
        guard head + length - tail > capacity || sequence - tailSequence >= self.entryCount else { return }
        while tailSequence < sequence, head + length - tail > capacity || sequence - tailSequence >= self.entryCount {
            unsafe tail = self.slot(of: tailSequence).pointee.end
            tailSequence += 1
        }
        self.tailSequenceWord.store(tailSequence)
        self.tailWord.store(tail)
        // The new tail is seen before the first byte written over what it gave up: a release store alone orders only
        // what came before it.
        MemoryFence.full()
    }
}

internal import Linux
internal import Synchronization

extension PacketTape {
    /// Takes the memory that the tape begins with; false if there is none. By the writer.
    package func start() -> Bool { self.growth?.start(self.ring) ?? true }

    /// Notes what the tape holds, and gives back what it does not need for the time it is to hold. By the writer.
    package func settle() { self.growth?.settle(self.ring) }

    /// Gives up everything on the tape, and its memory, until the next record. By the writer.
    package func empty() { self.growth?.empty(self.ring) }

    /// µs of media the tape is to hold, from now on.
    package func hold(_ span: Int64) { self.growth?.span.store(span, ordering: .relaxed) }

    /// Bytes it keeps at most for now; 0 while it has no memory.
    package var kept: Int { Int(truncatingIfNeeded: self.ring.capacityWord.load()) }
}

extension WireTape {
    /// Takes the memory that the tape begins with; false if there is none. By the writer.
    package func start() -> Bool { self.growth?.start(self.ring) ?? true }

    /// Notes what the tape holds, and gives back what it does not need for the time it is to hold. By the writer.
    package func settle() { self.growth?.settle(self.ring) }

    /// Gives up everything on the tape, and its memory, until the next record. By the writer.
    package func empty() { self.growth?.empty(self.ring) }

    /// µs of media the tape is to hold, from now on.
    package func hold(_ span: Int64) { self.growth?.span.store(span, ordering: .relaxed) }

    /// Bytes it keeps at most for now; 0 while it has no memory.
    package var kept: Int { Int(truncatingIfNeeded: self.ring.capacityWord.load()) }

    /// How much less than it is meant to the tape holds; nil where it does.
    package var shortfall: TapeShortfall? { self.growth?.shortfall }
}

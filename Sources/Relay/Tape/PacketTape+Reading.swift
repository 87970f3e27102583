package import Linux
package import Media

extension PacketTape {
    /// The sequence of the next event to be appended.
    package var nextSequence: UInt64 { self.ring.nextSequenceWord.load() }

    /// The sequence of the oldest event that is still whole.
    package var oldestSequence: UInt64 { self.ring.tailSequenceWord.load() }

    /// Where to begin for the newest picture: the first configuration of the newest join; nil while there is no join
    /// that is still whole.
    package var newestJoin: UInt64? {
        let stored = self.ring.newestJoinWord.load()
        guard stored > 0, stored - 1 >= self.ring.tailSequenceWord.load() else { return nil }
        return stored - 1
    }

    /// Where to begin for as much as there is: the oldest join that is still whole.
    package var oldestJoin: UInt64? {
        guard let newest = self.newestJoin else { return nil }
        var sequence = self.ring.tailSequenceWord.load()
        while sequence < newest {
            if let entry = self.ring.entry(sequence), entry.flags.contains(.join) { return sequence }
            sequence = max(sequence + 1, self.ring.tailSequenceWord.load())
        }
        return self.newestJoin
    }

    /// All joins that are whole, oldest first.
    package var joins: [UInt64] {
        guard let newest = self.newestJoin else { return [] }
        let older = (self.oldestSequence..<newest).filter { self.ring.entry($0)?.flags.contains(.join) ?? false }
        return older + [newest]
    }

    /// More configurations do not stand in front of a join: a stream has fewer tracks.
    private static let mostConfigurations = 512

    /// The decoding time of the packet that a join is for, which stands behind the configurations.
    package func time(ofJoin join: UInt64) -> MediaTime? {
        var cursor = self.cursor(at: join)
        for _ in 0...Self.mostConfigurations {
            guard case .entry(let entry) = cursor.next() else { return nil }
            if case .packet(let packet) = entry.event { return packet.dts }
        }
        return nil
    }

    /// A reader's place before the event of that sequence.
    package func cursor(at sequence: UInt64) -> PacketCursor {
        PacketCursor(tape: self, sequence: sequence)
    }

    /// The tape's memory, for a successor to map; its layout is ``RingLayout``'s and ``PacketRecord``'s.
    package func shareMemory() throws(LinuxError) -> OwnedDescriptor {
        try self.ring.memory.descriptor.duplicate()
    }
}

internal import Linux
internal import Synchronization

/// How much of a tape's memory has been taken from the system ahead of its writer.
///
/// A page that is first written in the midst of a message costs a fault then, two hundred times a second at 2 Mbit/s
/// until the tape has come round once.
final class Warming: Sendable {
    /// Bytes taken at a time: some hundreds of microseconds.
    static let step = 1 << 20

    /// Bytes of a tape taken so at the most; a longer one gets the rest as it is written.
    static let limit = 32 << 20

    private let done = Atomic<Int>(0)

    /// Takes the next step of the ring. Called by one thread at a time.
    func advance(in ring: borrowing Ring) {
        let start = self.done.load(ordering: .relaxed)
        let end = min(Int(truncatingIfNeeded: ring.size), Self.limit)
        guard start < end else { return }
        let isDone = ring.memory.populate(start..<min(start + Self.step, end))
        // A system that cannot do it is not asked again.
        self.done.store(isDone ? start + Self.step : Int.max, ordering: .relaxed)
    }
}

extension PacketTape {
    /// Takes some more of the tape's memory ahead of the writer; by one thread at a time, a few times a second.
    package func warm() {
        if let growth = self.growth { growth.warm(self.ring) } else { self.warming.advance(in: self.ring) }
    }
}

extension WireTape {
    /// Likewise.
    package func warm() {
        if let growth = self.growth { growth.warm(self.ring) } else { self.warming.advance(in: self.ring) }
    }
}

package import Linux
internal import NIOCore
internal import Synchronization

/// The exchanges of a process with peers who ask and are answered in turn, in memory that another process can go on from. It is
/// taken from the system as it is first used.
@safe
package final class ExchangeTable: @unchecked Sendable {
    // @unchecked: whoever has a place alone writes there.
    private struct State {
        var free: [Int] = []
        var used = 0
        var generation: UInt64 = 0
    }

    private let memory: SharedMemory
    fileprivate let layout: ExchangeLayout
    private let state = Mutex(State())

    package init(places: Int) throws(LinuxError) {
        self.layout = ExchangeLayout(places: places)
        self.memory = try SharedMemory.make(name: "exchanges", size: self.layout.size)
        unsafe self.layout.write(to: self.memory.base)
    }

    /// The memory, for whoever keeps it.
    package func shareMemory() throws(LinuxError) -> HeldDescriptor {
        HeldDescriptor(try self.memory.descriptor.duplicate())
    }

    /// A place of its own for one connection; nil where all are taken.
    package func take() -> ExchangeJournal? {
        let place = self.state.withLock { state -> ExchangePlace? in
            let slot: Int
            if let free = state.free.popLast() {
                slot = free
            } else if state.used < self.layout.places {
                slot = state.used
                state.used += 1
            } else {
                return nil
            }
            state.generation += 1
            return ExchangePlace(slot: slot, generation: state.generation)
        }
        guard let place else { return nil }
        self.word(ExchangeLayout.newest, of: place.slot).store(0)
        self.word(ExchangeLayout.generation, of: place.slot).store(place.generation)
        return ExchangeJournal(self, place)
    }

    fileprivate func giveBack(_ slot: Int) {
        self.word(ExchangeLayout.generation, of: slot).store(0)
        let start = self.layout.place(slot)
        self.memory.release(start..<start + ExchangeLayout.placeSize)
        self.state.withLock { $0.free.append(slot) }
    }

    private func word(_ offset: Int, of slot: Int) -> SharedWord {
        unsafe SharedWord(at: self.memory.base + self.layout.place(slot) + offset)
    }

    /// The note counts from the moment its number is stored, which is after all that it says: a process that dies in between
    /// leaves the one before.
    fileprivate func write(_ head: ExchangeNoteHead, _ parts: [ByteBuffer], at slot: Int) {
        let count = parts.reduce(0) { $0 + $1.readableBytes }
        var room = unsafe self.memory.base + self.layout.room(for: count, head.number, of: slot)
        for part in parts {
            unsafe part.withUnsafeReadableBytes { bytes in
                guard let source = bytes.baseAddress else { return }
                unsafe room.copyMemory(from: source, byteCount: bytes.count)
            }
            unsafe room += part.readableBytes
        }
        unsafe (self.memory.base + self.layout.note(head.number, of: slot)).storeBytes(
            of: head,
            as: ExchangeNoteHead.self
        )
        self.word(ExchangeLayout.newest, of: slot).store(head.number)
    }
}

/// Where one exchange is written down, for as long as this is held.
package final class ExchangeJournal: @unchecked Sendable {
    // @unchecked: whoever serves the connection notes, one at a time.
    package let place: ExchangePlace
    private let table: ExchangeTable
    private var number: UInt64 = 0

    fileprivate init(_ table: ExchangeTable, _ place: ExchangePlace) {
        self.table = table
        self.place = place
    }

    deinit {
        self.table.giveBack(self.place.slot)
    }

    /// Writes down how it stands, before anything is sent or awaited that does not follow from what was noted before. What there
    /// is no room for nobody can go on from.
    package func note(_ exchange: Exchange) {
        self.number += 1
        var head = ExchangeNoteHead(
            number: self.number,
            kind: ExchangeNoteHead.Kind.reading,
            isLast: 0,
            taken: exchange.taken,
            given: exchange.given,
            headCount: 0,
            bodyCount: 0,
            inputCount: UInt64(exchange.input.readableBytes)
        )
        var parts: [ByteBuffer] = []
        if case .answering(let answer) = exchange.state {
            head.isLast = answer.isLast ? 1 : 0
            head.headCount = UInt64(answer.head.readableBytes)
            head.bodyCount = answer.body.count
            parts.append(answer.head)
            switch answer.body {
            case .bytes(let bytes):
                head.kind = ExchangeNoteHead.Kind.answeringBytes
                parts.append(bytes)
            case .tape(let range, let part):
                head.kind = ExchangeNoteHead.Kind.answeringTape
                head.tape = range.tape
                (head.rangeStart, head.rangeEnd) = (range.range.lowerBound, range.range.upperBound)
                (head.partStart, head.partEnd) = (part.lowerBound, part.upperBound)
            }
        }
        parts.append(exchange.input)
        if parts.reduce(0, { $0 + $1.readableBytes }) > ExchangeLayout.largeRoom {
            head.kind = ExchangeNoteHead.Kind.unknown
            parts = []
        }
        self.table.write(head, parts, at: self.place.slot)
    }
}

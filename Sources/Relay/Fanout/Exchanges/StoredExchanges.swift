package import Linux
internal import NIOCore

/// The table of exchanges of a process that is dead, for reading how they stood. It may have been written by anybody: what
/// cannot be true is taken for lost.
@safe
package final class StoredExchanges: @unchecked Sendable {
    // @unchecked: nobody writes the memory any more.
    private let memory: SharedMemory
    private let layout: ExchangeLayout

    /// - Returns: nil where the memory is no table of this version.
    package init?(attaching file: consuming OwnedDescriptor) {
        guard let memory = try? SharedMemory.attach(file),
            let layout = unsafe ExchangeLayout(reading: memory.base, size: memory.size)
        else { return nil }
        self.layout = layout
        self.memory = memory
    }

    /// How an exchange stood; nil where that cannot be told.
    package func exchange(at place: ExchangePlace) -> Exchange? {
        let slot = place.slot
        guard place.generation != 0, (0..<self.layout.places).contains(slot),
            self.word(ExchangeLayout.generation, of: slot) == place.generation
        else { return nil }
        let newest = self.word(ExchangeLayout.newest, of: slot)
        // A copy: nobody changes it between the look and the use.
        let head = unsafe (self.memory.base + self.layout.note(newest, of: slot)).load(as: ExchangeNoteHead.self)
        guard newest > 0, head.number == newest, let parts = self.parts(of: head, slot) else { return nil }
        let state: Exchange.State
        switch head.kind {
        case ExchangeNoteHead.Kind.reading:
            state = .reading
        case ExchangeNoteHead.Kind.answeringBytes:
            state = .answering(Exchange.Answer(head: parts.head, body: .bytes(parts.body), isLast: head.isLast != 0))
        case ExchangeNoteHead.Kind.answeringTape:
            guard let body = head.tapeBody else { return nil }
            state = .answering(Exchange.Answer(head: parts.head, body: body, isLast: head.isLast != 0))
        default: return nil
        }
        return Exchange(state: state, taken: head.taken, given: head.given, input: parts.input)
    }

    private func word(_ offset: Int, of slot: Int) -> UInt64 {
        unsafe SharedWord(at: self.memory.base + self.layout.place(slot) + offset).load()
    }

    private func parts(
        of head: ExchangeNoteHead,
        _ slot: Int
    ) -> (head: ByteBuffer, body: ByteBuffer, input: ByteBuffer)? {
        let bodyCount = head.kind == ExchangeNoteHead.Kind.answeringBytes ? head.bodyCount : 0
        let counts = [head.headCount, bodyCount, head.inputCount].compactMap { Int(exactly: $0) }
        guard counts.count == 3, counts.allSatisfy({ $0 <= ExchangeLayout.largeRoom }),
            counts.reduce(0, +) <= ExchangeLayout.largeRoom
        else { return nil }
        let start = self.layout.room(for: counts.reduce(0, +), head.number, of: slot)
        var offset = start
        let parts = counts.map { count in
            defer { offset += count }
            return unsafe ByteBuffer(
                bytes: UnsafeRawBufferPointer(start: self.memory.base + offset, count: count)
            )
        }
        return (parts[0], parts[1], parts[2])
    }
}

extension ExchangeNoteHead {
    /// No tape is longer, bytes.
    private static let most: UInt64 = 1 << 60

    /// Nil where it cannot be one.
    fileprivate var tapeBody: Exchange.Body? {
        guard self.rangeStart < self.rangeEnd, self.rangeEnd < Self.most, self.partStart <= self.partEnd,
            self.partEnd <= self.rangeEnd - self.rangeStart, self.bodyCount == self.partEnd - self.partStart
        else { return nil }
        return .tape(
            Exchange.TapeRange(tape: self.tape, range: self.rangeStart..<self.rangeEnd),
            part: self.partStart..<self.partEnd
        )
    }
}

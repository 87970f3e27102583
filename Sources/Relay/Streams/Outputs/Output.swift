import Contract
import Media
import Synchronization
import Tape

/// One wire format of a stream while somebody wants it.
///
/// Each idea has a lock of its own: what is muxed, who wants it, and which segments were copied. The publisher's thread never
/// waits for any of them.
final class Output: Sendable {
    let format: WireFormat
    let tape: WireTape
    /// Has the tape outlive the process; nil where it does not.
    let keep: TapeKeep?
    let usage: OutputUsage
    let reader: HandoffMutex<OutputReader>
    let copies = Mutex(SegmentCopies())

    /// Calls `onWork` without a lock after something was muxed, in the thread that did it.
    init(
        _ reader: consuming sending OutputReader,
        of format: WireFormat,
        onto tape: WireTape,
        keep: TapeKeep?,
        usage: OutputUsage,
        onWork: @escaping @Sendable (OutputReader.Report) -> Void
    ) {
        self.format = format
        self.tape = tape
        self.keep = keep
        self.usage = usage
        self.reader = HandoffMutex(reader, onWork: onWork)
    }

    /// A copy of a segment, nil where it is not on tape. Whoever asks for the same one gets the same copy. Where there is no
    /// memory for it, `makeRoom` has those forgotten that nobody is being sent.
    func segment(_ number: UInt64, from budget: TapeBudget, makeRoom: () -> Void) throws(NoRoom) -> SegmentCopy? {
        if let copy = self.copies.withLock({ $0[number] }) { return copy }
        let segment = self.reader.withLock { $0.target.segments.segment(number: number) }
        guard let range = segment?.range else { return nil }
        // Copied without a lock: a segment may be tens of megabytes.
        let account = budget.account()
        let size = Int(clamping: range.upperBound - range.lowerBound)
        if !account.resize(to: size, for: .span) {
            makeRoom()
            guard account.resize(to: size, for: .span) else { throw NoRoom() }
        }
        guard let bytes = self.tape.copy(range) else { return nil }
        let copy = SegmentCopy(
            number: number,
            bytes: bytes,
            range: range,
            kept: self.keep?.number,
            account: account
        )
        return self.copies.withLock { $0.keep(copy) }
    }

    /// Gives up what is on the tape, and its memory, unless packets came behind that sequence.
    func empty(at sequence: UInt64, of packets: PacketTape) {
        let isEmptied = self.reader.withLock { reader in
            guard packets.nextSequence == sequence else { return false }
            reader.empty()
            return true
        }
        if isEmptied { self.copies.withLock { $0.forget() } }
    }

    /// The relay has no memory for a copy of a segment.
    struct NoRoom: Error {}
}

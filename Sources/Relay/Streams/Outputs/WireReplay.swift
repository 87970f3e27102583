import Media
import NIOCore
import Tape

/// Follows what is muxed once more along what a mux that is dead has left on the wire tape, record by record.
///
/// Records correspond by their times and by whether viewers may join at them. Their bytes may differ, where a mux knows from
/// long ago what the new one does not (at which sample a track of sound began): what is on the tape stays as it is.
struct WireReplay {
    private let tape: WireTape
    /// Of the record that comes next; nil before the first join that is on the tape.
    private var next: UInt64?
    /// What is muxed is not what is on the tape.
    private(set) var hasFailed = false

    init(_ tape: WireTape) {
        self.tape = tape
        tape.beginResuming()
    }

    var hasBegun: Bool { self.next != nil }

    /// Whether all that is on the tape has been met.
    var isOver: Bool { !self.hasFailed && self.next == self.tape.nextSequence }

    /// Absolute offset of the record that comes next.
    var head: UInt64 { self.next.flatMap { self.tape.storedRecord($0)?.start } ?? self.tape.head }

    /// Meets the next record.
    ///
    /// - Returns: false where the tape ends before it: it is new.
    mutating func take(_ bytes: ByteBuffer, time: MediaTime, join: Bool) -> Bool {
        guard !self.hasFailed, bytes.readableBytes > 0 else { return true }
        if let next = self.next {
            guard next < self.tape.nextSequence else { return false }
            guard let record = self.tape.storedRecord(next), record.time == time, record.isJoin == join else {
                self.hasFailed = true
                return true
            }
            self.meet(record)
        } else if join, let record = self.tape.storedJoin(at: time) {
            self.meet(record)
        }
        return true
    }

    private mutating func meet(_ record: StoredRecord) {
        self.next = record.sequence + 1
        if record.isJoin { self.tape.resumeJoin(at: record) }
    }
}

/// What a mux that is dead has left on a wire tape, from the record on that its successor begins with.
struct WirePast {
    private let tape: WireTape
    private let first: UInt64

    /// Nil where no viewer could join at that time.
    init?(_ tape: WireTape, from time: MediaTime) {
        guard let join = tape.storedJoin(at: time) else { return nil }
        self.tape = tape
        self.first = join.sequence
    }

    /// Lends the records in turn, until `body` says that it has seen enough.
    func read(_ body: (_ time: MediaTime, _ bytes: ByteBuffer) -> Bool) {
        for sequence in self.first..<self.tape.nextSequence {
            guard let record = self.tape.storedRecord(sequence), let bytes = self.tape.copy(record.start..<record.end),
                body(record.time, bytes)
            else { return }
        }
    }
}

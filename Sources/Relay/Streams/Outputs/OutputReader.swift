import Media
import NIOCore
import Tape

/// One wire format of one stream while somebody wants it: a cursor on the packet tape, a mux, and what it wrote.
struct Output {
    private var cursor: PacketCursor
    private let mux: any WireMux
    private(set) var target: MuxTarget
    /// How many viewers hold the format open.
    var leases = 0
    /// µs, monotonic: when the format was last asked for, or watched.
    var lastWanted: Int64
    /// µs, monotonic: when a playlist or a segment was last asked for.
    var lastListed: Int64?
    /// Whether viewers wait because there is no memory for the tape.
    private(set) var isStarved = false

    init(cursor: PacketCursor, mux: any WireMux, target: MuxTarget, now: Int64) {
        self.cursor = cursor
        self.mux = mux
        self.target = target
        self.lastWanted = now
    }

    /// Copies of segments that were asked for.
    var copies = SegmentCopies()

    var tape: WireTape { self.target.tape }

    /// What the format leaves out of the stream as it is now.
    var omissions: [MediaOmission] { self.mux.carriage.omissions }

    /// The newest join of a format of RTP, in its terms.
    var newestJoin: RTPJoin? { (self.mux as? RTPMux)?.newestJoin }

    /// Where a segment lies on the tape; nil where it is not.
    func range(of number: UInt64) -> Range<UInt64>? { self.target.segments.segment(number: number)?.range }

    /// Takes memory for the tape, if it has none yet and something is on air to be written on it.
    ///
    /// - Returns: false while there is none.
    mutating func start(with packets: PacketTape) -> Bool {
        guard packets.kept > 0 else { return true }
        guard self.tape.start() else {
            self.isStarved = true
            return false
        }
        if self.isStarved {
            self.isStarved = false
            self.cursor = packets.cursor(at: packets.newestJoin ?? packets.nextSequence)
        }
        return true
    }

    /// Gives up what is on the tape, and its memory.
    mutating func empty() {
        self.target.segments.forgetAll()
        self.copies.forget()
        self.tape.empty()
    }

    /// Muxes all that has come onto the packet tape, then lets the viewers have it in one go.
    ///
    /// - Returns: the last failure, for the log; a failed entry is left out and the next one tried.
    mutating func catchUp(with packets: PacketTape) -> (any Error)? {
        var failure: (any Error)?
        reading: while true {
            switch self.cursor.next() {
            case .entry(let entry):
                do {
                    try self.mux.consume(entry, into: &self.target)
                } catch {
                    failure = error
                }
            case .overrun:
                failure = MuxOverrun()
                guard let join = packets.newestJoin else { break reading }
                self.cursor = packets.cursor(at: join)
            case .end:
                break reading
            }
        }
        self.target.segments.trim(tail: self.tape.tail)
        self.tape.publish()
        return failure
    }

    /// Lets the viewers have what the mux holds back for a next packet, because the source is gone.
    mutating func flush() {
        // What cannot be written is left out; whatever is the matter, the next packet meets it and tells.
        try? self.mux.flush(into: &self.target)
        self.tape.publish()
    }

    /// The stream does not go on: viewers end once they have been sent everything.
    mutating func finish() {
        // A farewell that cannot be written is left out: their end says the same.
        if !self.tape.isFinished { try? self.mux.finish(into: &self.target) }
        self.tape.finish()
    }
}

/// Packets were overwritten before they were muxed.
private struct MuxOverrun: Error, CustomStringConvertible {
    var description: String { "the stream went over what had not been muxed, which goes on at the newest keyframe" }
}

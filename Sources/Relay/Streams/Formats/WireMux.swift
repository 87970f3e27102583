import Media
import NIOCore
import Tape

/// Turns the entries of a packet tape, in order, into the records of one wire format.
protocol WireMux: AnyObject {
    /// The tracks that it writes now, and what it leaves out.
    var carriage: Carriage { get }

    func consume(_ entry: TapeEntry, into target: inout MuxTarget) throws

    /// Writes what waits for a next packet, because none may come.
    func flush(into target: inout MuxTarget) throws

    /// Writes what is said at the end of a stream that does not go on.
    func finish(into target: inout MuxTarget) throws

    /// Called before the first entry, where a mux that is dead has written them before: takes up its numbers.
    func resume(_ past: WirePast)
}

extension WireMux {
    func flush(into target: inout MuxTarget) throws {}
    func finish(into target: inout MuxTarget) throws {}
    func resume(_ past: WirePast) {}
}

/// Where a mux writes: the wire tape that viewers read, and the index of it that the format offers.
struct MuxTarget {
    let tape: WireTape
    /// What was cut into segments; empty in formats that have none.
    var segments: SegmentList
    /// The newest place to begin, in formats whose viewers are told of it in words.
    var newestJoin: RTPJoin?
    /// While that is written once more which a mux that is dead has written.
    var replay: WireReplay?

    init(tape: WireTape, segments: SegmentList, replay: WireReplay? = nil) {
        self.tape = tape
        self.segments = segments
        self.replay = replay
    }

    /// Absolute offset of what is written next.
    var head: UInt64 { self.replay?.head ?? self.tape.head }

    /// See ``WireTape/append(_:time:join:)``.
    mutating func append(_ bytes: ByteBuffer, time: MediaTime, join: Bool) throws(TapeError) {
        if self.replay?.take(bytes, time: time, join: join) ?? false { return }
        if self.replay != nil {
            self.replay = nil
            self.tape.endResuming()
        }
        try self.tape.append(bytes, time: time, join: join)
    }

    /// See ``WireTape/setPreamble(_:)``.
    mutating func setPreamble(_ preamble: Preamble) {
        guard let replay = self.replay else { return self.tape.setPreamble(preamble) }
        self.tape.resume(preamble, at: replay.hasBegun ? replay.head : nil)
    }
}

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
}

extension WireMux {
    func flush(into target: inout MuxTarget) throws {}
    func finish(into target: inout MuxTarget) throws {}
}

/// Where a mux writes: the wire tape that viewers read, and the index of it that the format offers.
struct MuxTarget {
    let tape: WireTape
    /// What was cut into segments; empty in formats that have none.
    var segments: SegmentList
    /// The newest place to begin, in formats whose viewers are told of it in words.
    var newestJoin: RTPJoin?
}

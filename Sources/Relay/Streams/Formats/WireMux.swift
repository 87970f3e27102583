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

/// Where a mux writes: the wire tape that viewers read, and the list of segments cut from it.
struct MuxTarget {
    let tape: WireTape
    var segments: SegmentList
}

internal import Linux
internal import Tape

/// One `send` of what a tape holds for a viewer.
enum TapeSend: Equatable {
    /// The viewer has everything there is for it.
    case upToDate
    /// The socket took less than there is.
    case partial(Int)
    /// The writer is about to overwrite what comes next; nothing was sent.
    case behind
    /// The writer overwrote the bytes while they were sent.
    case torn
    /// A preamble that cannot be continued has come into force; nothing was sent.
    case barred
    /// The connection is broken: an `errno`.
    case failed(CInt)

    /// The most bytes one call is given, so that one viewer cannot keep the others waiting.
    static let largest: UInt64 = 1 << 20

    /// Sends a viewer everything between its cursor and the head, straight from the tape's memory, and moves its cursor.
    ///
    /// The writer does not know of readers, so the bytes may be overwritten while the kernel copies them. What lies above
    /// the safe tail is overwritten only if the writer appends a quarter of the ring during this one call, which does not
    /// wait. The tail is compared again after the call all the same: what the viewer then got would be neither the old
    /// record nor the new one, and a connection with torn bytes in it has to be closed.
    @inline(__always)
    static func perform(
        _ state: UnsafeMutablePointer<ViewerState>,
        _ window: WireWindow,
        barriers: UInt64,
        _ statistics: inout FanoutStatistics
    ) -> TapeSend {
        let cursor = unsafe state.pointee.cursor
        // The head anew for each viewer: what appears during a pass goes to those still to come in the same call.
        let end = unsafe min(window.head, state.pointee.limit)
        guard end > cursor else { return .upToDate }
        // Behind the head: what lies before a barrier that is not counted yet may be sent to anybody.
        guard window.barrierCount == barriers else { return .barred }
        guard cursor >= window.safeTail else { return .behind }
        let wanted = Int(truncatingIfNeeded: min(end - cursor, Self.largest))
        let sent = unsafe TCPSocket.send(window.bytes(from: cursor), count: wanted, number: state.pointee.socket)
        statistics.sends += 1
        unsafe state.pointee.sends += 1
        guard sent > 0 else {
            let code = CInt(truncatingIfNeeded: -sent)
            return code == LinuxError.wouldBlock || code == LinuxError.interrupted ? .partial(0) : .failed(code)
        }
        guard window.isWhole(from: cursor) else { return .torn }
        statistics.bytesSent += UInt64(sent)
        unsafe state.pointee.sent += UInt64(sent)
        unsafe state.pointee.cursor = cursor + UInt64(sent)
        return cursor + UInt64(sent) == end ? .upToDate : .partial(sent)
    }
}

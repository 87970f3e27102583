internal import Linux

/// The sockets that a thread sends datagrams from, and which of them are full. A full one is not tried again before the
/// poller says that there is room, however many viewers wait for it.
struct DatagramSockets {
    private struct Socket {
        var viewers = 0
        var isInPoller = false
        /// When it is tried again if nobody says that there is room, ns; nil while there is.
        var fullUntil: Int64?
        /// Whether the poller said that there is room, and it has not proven true yet.
        var isDoubtful = false
    }

    private var sockets: [CInt: Socket] = [:]

    /// How long the poller is relied on, ns.
    private static let reliance: Int64 = 50_000_000

    mutating func use(_ number: CInt) {
        self.sockets[number, default: Socket()].viewers += 1
    }

    /// A viewer does not need the socket any more; its number may be another's soon.
    mutating func release(_ number: CInt, from poller: borrowing Poller) {
        guard var socket = self.sockets[number] else { return }
        socket.viewers -= 1
        self.sockets[number] = socket.viewers > 0 ? socket : nil
        if socket.viewers == 0, socket.isInPoller { try? poller.remove(number: number) }
    }

    /// When a full socket is tried again if nobody says before that there is room, ns; nil where it may be tried now.
    func fullUntil(_ number: CInt, now: Int64) -> Int64? {
        guard let until = self.sockets[number]?.fullUntil, now < until else { return nil }
        return until
    }

    mutating func noteTaken(_ number: CInt) {
        self.sockets[number]?.isDoubtful = false
    }

    /// The socket is full: the poller is asked to say when it is not. Where the poller is no help it is tried again after
    /// `pause`, ns; the result is when that is at the latest, ns.
    mutating func noteFull(_ number: CInt, now: Int64, pause: Int64, _ poller: borrowing Poller) -> Int64 {
        guard var socket = self.sockets[number] else { return now + pause }
        defer { self.sockets[number] = socket }
        var until = now + pause
        if !socket.isDoubtful {
            let token = FanoutThread.datagramToken | UInt64(UInt32(bitPattern: number))
            do throws(LinuxError) {
                if socket.isInPoller {
                    try poller.change(number: number, token: token, for: [.writable, .once])
                } else {
                    try poller.add(number: number, token: token, for: [.writable, .once])
                    socket.isInPoller = true
                }
                until = now + Self.reliance
            } catch {
                // It is tried again after the pause.
                socket.isDoubtful = true
            }
        }
        socket.fullUntil = until
        return until
    }

    /// The poller says that there is room.
    mutating func noteWritable(_ number: CInt) {
        self.sockets[number]?.fullUntil = nil
        self.sockets[number]?.isDoubtful = true
    }
}

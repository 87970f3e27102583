/// What an engine thread needs of a viewer in every pass: plain numbers, side by side with the other viewers'.
///
/// The first cache line is what a pass touches. The numbers under "statistics" are read by other threads.
struct ViewerState: BitwiseCopyable {
    /// Anything but plain sending. Empty: it has a place on the tape and room in its socket.
    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt32

        /// It has no place on the tape and takes the next join.
        static let waiting = Flags(rawValue: 1 << 0)
        /// It had a place before: what lies between was skipped.
        static let displaced = Flags(rawValue: 1 << 1)
        /// Its socket is full; the poller says when it is not.
        static let blocked = Flags(rawValue: 1 << 2)
        /// Bytes of its own come before those of the tape. Then the cursor is between two records.
        static let pending = Flags(rawValue: 1 << 3)
        /// It wants nothing from the tape.
        static let paused = Flags(rawValue: 1 << 4)
        /// It ends when it was sent what is pending.
        static let closing = Flags(rawValue: 1 << 5)
        /// Its connection is released when it ends so.
        static let released = Flags(rawValue: 1 << 6)
    }

    /// Absolute offset of the next byte on the tape.
    var cursor: UInt64
    /// Absolute offset where the tape ends for this viewer: a barrier, or the head when draining began.
    var limit: UInt64
    var flags: Flags
    /// The socket's number; its owner is the ``ViewerRecord``.
    var socket: CInt

    /// The join it was last placed at.
    var joined: UInt64
    /// When it last took something while its socket was full, ns.
    var lastProgress: Int64
    /// Its index in its group's members.
    var member: Int
    /// Bytes received since the last sweep.
    var input: Int

    // Statistics
    var sent: UInt64
    var sends: UInt64
    var skips: UInt64
    var skippedBytes: UInt64
    var skippedRecords: UInt64
    var lost: UInt64
    /// 0 while the place in the table is free.
    var generation: UInt64

    /// ``SocketProgress/given`` of its connection when it came. Of one that is sent datagrams: where it is, see
    /// ``DatagramMark``.
    var given: UInt64
    /// ``Preamble/fingerprint`` of the preamble that it was placed with.
    var preamble: UInt64
    /// How many anchors were noted; the newest has the number modulo 2. 0: it does not survive the process. One that is sent
    /// datagrams has none, and survives with 1.
    var anchor: UInt64

    /// A viewer that has just come: it waits for a join.
    init(socket: CInt, member: Int, generation: UInt64) {
        self.cursor = 0
        self.limit = .max
        self.flags = .waiting
        self.socket = socket
        self.joined = .max
        self.lastProgress = 0
        self.member = member
        self.input = 0
        self.sent = 0
        self.sends = 0
        self.skips = 0
        self.skippedBytes = 0
        self.skippedRecords = 0
        self.lost = 0
        self.generation = generation
        self.given = 0
        self.preamble = 0
        self.anchor = 0
    }
}

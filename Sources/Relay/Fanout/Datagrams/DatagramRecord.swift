internal import Linux
internal import Tape

/// What an engine thread knows of a viewer of datagrams besides its ``ViewerState``.
final class DatagramRecord {
    /// One of the sockets it is sent from, and how far.
    struct Outlet {
        let holder: HeldDescriptor
        let number: CInt
        /// Absolute offset up to which the tape was sent from here, where that is ahead of the viewer's cursor.
        var sentUntil: UInt64 = 0
        /// Whether the last send found it full.
        var isFull = false
        /// Whether the last send gave it something.
        var hasTaken = false
        /// How the kernel cuts what is sent by it.
        var cutting = DatagramBatch.Cutting()
    }

    let id: ViewerID
    let group: DatagramGroup
    let endsWhenRefused: Bool
    let onEnd: @Sendable (ViewerEnd) -> Void
    /// Nil once it was called.
    var onStart: (@Sendable () -> Void)?
    var outlets: [Outlet]
    /// By channel the index of its outlet; −1 for none.
    let outletOfChannel: [Int]

    /// Its index in its group.
    var member = 0
    /// Since when it has not had all there is because a socket was full, ns.
    var behindSince: Int64?
    /// The last of its group's rounds in which it had its turn.
    var round: UInt64 = 0
    /// Of the next datagram of RTP around MPEG-TS.
    var sequence: UInt16 = 0
    /// While it has no place: the sequence of the first record it is not sent.
    var nextSequence: UInt64 = 0

    /// Channels of a tape: an interleaved frame has eight bits for them.
    static let channelLimit = 256

    init(id: ViewerID, group: DatagramGroup, viewer: DatagramViewer) {
        self.id = id
        self.group = group
        self.endsWhenRefused = viewer.endsWhenRefused
        self.onStart = viewer.onStart
        self.onEnd = viewer.onEnd
        var sockets: [HeldDescriptor?] = []
        switch viewer.framing {
        case .transportStream(let socket, _, _):
            sockets = [socket]
        case .interleaved(let map):
            let count = Int(map.keys.max() ?? 0) + 1
            sockets = (0..<count).map { map[UInt8($0)] }
        }
        var outlets: [Outlet] = []
        self.outletOfChannel = sockets.map { socket in
            guard let holder = socket else { return -1 }
            if let known = outlets.firstIndex(where: { $0.holder === holder }) { return known }
            outlets.append(Outlet(holder: holder, number: holder.withNumber { $0 }))
            return outlets.count - 1
        }
        self.outlets = outlets
    }
}

/// The viewers of one tape that are sent datagrams with the same budget, pace and form, on one thread.
final class DatagramGroup: TapeGroup {
    let tape: WireTape
    let window: WireWindow
    let sendDeadline: SendDeadline
    let pacing: DatagramPacing
    let form: DatagramForm
    var members: [DatagramRecord] = []
    var barrierCount: UInt64
    var quietUntil = Int64.max
    /// When what could not or should not be sent yet is looked at again, ns.
    var again: Int64?
    /// When the first of what the members have not been given was appended, ns; nil where they have everything.
    var waitingSince: Int64?
    /// A round gives each member its turn once. Where a socket is full it goes on with whoever it stopped at, so that nobody
    /// is always last.
    var round: UInt64 = 0
    /// Whether some are still to have their turn.
    var isUnfinished = false
    /// The index that is looked at first.
    var turn = 0
    /// What the round sends: the head and the end of the tape as they were when it began, and how many steps of the pace
    /// were due. Members at the same place share a plan so.
    var roundHead: UInt64 = 0
    var roundIsLast = false
    var steps = 1
    /// The head at the last pass, and when it was first seen there.
    var head: UInt64 = 0
    var headSince: Int64 = 0

    init(_ viewer: DatagramViewer, form: DatagramForm, signal: TapeSignal) {
        self.tape = viewer.tape
        self.window = viewer.tape.window
        self.sendDeadline = SendDeadline(tick: viewer.tick, signal: signal)
        self.pacing = viewer.pacing
        self.form = form
        self.barrierCount = viewer.tape.barrierCount
        viewer.tape.attach(self.sendDeadline)
    }

    func detach() {
        self.tape.detach(self.sendDeadline)
    }

    /// Has the group looked at again at that time at the latest, ns.
    func lookAgain(at time: Int64) {
        self.again = min(self.again ?? time, time)
    }

    func add(_ record: DatagramRecord) {
        record.member = self.members.count
        self.members.append(record)
    }

    func remove(_ record: DatagramRecord) {
        let last = self.members.removeLast()
        guard last !== record else { return }
        last.member = record.member
        self.members[record.member] = last
    }
}

/// What a group of viewers reads on a tape.
enum DatagramForm: Hashable {
    case interleaved
    /// Packets of MPEG-TS, by themselves or in RTP of that source.
    case transportStream(source: UInt32?)

    init(_ framing: DatagramViewer.Framing) {
        switch framing {
        case .interleaved: self = .interleaved
        case .transportStream(_, let source, _): self = .transportStream(source: source)
        }
    }
}

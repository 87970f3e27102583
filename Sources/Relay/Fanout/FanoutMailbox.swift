internal import Linux
internal import NIOCore
internal import Synchronization
internal import Tape

/// The messages of other threads to an engine thread.
final class FanoutMailbox: Sendable {
    enum Command: Sendable {
        case add(Arrival)
        case addDatagrams(DatagramArrival)
        case remove(ViewerID)
        case takeIn(IntakeArrival)
        case nudge(any IntakeReader)
        /// Reads what intakes have sent, and calls back.
        case catchUp(@Sendable () -> Void)
        /// Ends everybody: at once, or at what is on the tape now, until the instant.
        case shutDown(drainUntil: Int64?)
    }

    /// A ``Viewer`` on its way: arrays cannot hold what cannot be copied. The socket is owned by whoever holds this.
    struct Arrival: Sendable {
        var id: ViewerID
        var socket: CInt
        var tape: WireTape
        var opening: ByteBuffer
        var tick: Duration
        var isPaused: Bool
        var dialogue: (any ViewerDialogue)?
        var onRelease: (@Sendable (HeldDescriptor, any ViewerDialogue) -> Void)?
        var card: [UInt8]?
        var continuation: ViewerContinuation?
        var onStart: (@Sendable () -> Void)?
        var onEnd: @Sendable (ViewerEnd) -> Void
    }

    /// A ``DatagramViewer`` on its way.
    struct DatagramArrival: Sendable {
        var id: ViewerID
        var viewer: DatagramViewer
    }

    /// An ``Intake`` on its way, likewise.
    struct IntakeArrival: Sendable {
        var socket: CInt
        var reader: any IntakeReader
        var silence: Int64
        var leastMessage: Int
        var memory: IntakeMemory?
    }

    private struct State {
        var commands: [Command] = []
        var isClosed = false
        var freeSlots: [Int] = []
        var usedSlots = 0
        var generation: UInt32 = 0
    }

    private let state = Mutex(State())
    private let hasCommands = Atomic<Bool>(false)
    /// Viewers on the thread or on their way to it.
    let load = Atomic<Int>(0)
    /// Intakes likewise.
    let intakes = Atomic<Int>(0)

    /// What tells busy threads from others when an intake is to be placed: intakes first, then viewers.
    var weight: (Int, Int) { (self.intakes.load(ordering: .relaxed), self.load.load(ordering: .relaxed)) }

    var isEmpty: Bool { !self.hasCommands.load(ordering: .acquiring) }

    /// Leaves a viewer for the thread; false when it is closed or full, and the arrival's socket is still the caller's.
    func leave(thread: Int, capacity: Int, _ arrival: (ViewerID) -> Command) -> ViewerID? {
        let id = self.state.withLock { state -> ViewerID? in
            guard !state.isClosed else { return nil }
            let slot: Int
            if let free = state.freeSlots.popLast() {
                slot = free
            } else if state.usedSlots < capacity {
                slot = state.usedSlots
                state.usedSlots += 1
            } else {
                return nil
            }
            // Never 0, which marks a free place.
            state.generation = state.generation == .max ? 1 : state.generation + 1
            let id = ViewerID(thread: thread, slot: slot, generation: state.generation)
            state.commands.append(arrival(id))
            return id
        }
        guard let id else { return nil }
        self.hasCommands.store(true, ordering: .releasing)
        return id
    }

    /// False when the thread is closed and the command is one that somebody waits for, or an intake, whose socket is
    /// still the caller's.
    @discardableResult
    func leave(_ command: Command) -> Bool {
        let isTaken = self.state.withLock { state in
            switch command {
            case .takeIn, .catchUp: if state.isClosed { return false }
            case .add, .addDatagrams, .remove, .nudge, .shutDown: break
            }
            if case .shutDown = command { state.isClosed = true }
            state.commands.append(command)
            return true
        }
        if isTaken { self.hasCommands.store(true, ordering: .releasing) }
        return isTaken
    }

    /// The thread: takes everything.
    func take() -> [Command] {
        guard self.hasCommands.exchange(false, ordering: .acquiringAndReleasing) else { return [] }
        return self.state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// The thread: the slot may be used again.
    func free(_ slot: Int) {
        self.load.subtract(1, ordering: .relaxed)
        self.state.withLock { $0.freeSlots.append(slot) }
    }
}

internal import Linux
internal import Logging
internal import NIOCore
internal import Synchronization
internal import Tape

/// One thread of an engine: a poller, a share of the viewers, and a loop.
@safe
final class FanoutThread: @unchecked Sendable {
    // @unchecked: everything `var` belongs to the thread that runs; others use the mailbox, the signal, the counters,
    // the stall and the table's words.
    let number: Int
    let limits: FanoutLimits
    let logger: Logger
    let clock: @Sendable () -> MonotonicInstant
    let mailbox = FanoutMailbox()
    let signal: TapeSignal
    let counters: FanoutCounters
    let table: ViewerTable
    /// ns; ``FanoutLimits/stall`` until somebody changes it.
    let stall: Atomic<Int64>

    /// Tokens of the poller: slots, and these.
    static let signalToken = UInt64.max
    static let lingeringToken = UInt64(1) << 63
    static let intakeToken = UInt64(1) << 62
    static let datagramToken = UInt64(1) << 61

    /// Bytes of a viewer's input read at once.
    static let viewerRead = 16384
    static let scratchSize = max(FanoutLimits.intakeRead, viewerRead)
    let scratch: UnsafeMutableRawPointer

    var poller: Poller
    var records: [ViewerRecord?] = []
    var groups: [ViewerGroup] = []
    /// The viewers of datagrams, by slot.
    var datagrams: [Int: DatagramRecord] = [:]
    var datagramGroups: [DatagramGroup] = []
    let plan: DatagramPlan
    var sockets = DatagramSockets()
    /// The publishers that are read here, by socket.
    var intakes: [CInt: IntakeRecord] = [:]
    /// Of those, whose checkpoint is to be written before the thread sleeps.
    var checkpoints: [IntakeRecord] = []
    let pace: ReadPace
    let keeper: (any ViewerKeeper)?
    /// When those are read that are read at intervals, and the interval when that was decided, ns.
    var nextRead: Int64?
    var readInterval: Int64 = 0
    var lingering: [CInt: Int64] = [:]
    var statistics = FanoutStatistics()
    /// Bytes kept in records' pending buffers beyond their openings.
    var aside = 0
    var now: Int64 = 0
    var nextSweep = Int64.max
    var isShutDown = false
    /// While draining: when it ends whatever is left.
    var drainUntil = Int64.max

    init(
        number: Int,
        limits: FanoutLimits,
        logger: Logger,
        pace: ReadPace,
        keeper: (any ViewerKeeper)?,
        obstacle: DatagramBatch.Obstacle?,
        clock: @escaping @Sendable () -> MonotonicInstant
    ) throws(LinuxError) {
        self.keeper = keeper
        self.plan = DatagramPlan(obstacle: obstacle)
        self.number = number
        self.limits = limits
        self.logger = logger
        self.pace = pace
        self.clock = clock
        self.counters = FanoutCounters(at: clock().nanoseconds)
        self.table = try ViewerTable(
            capacity: limits.viewers,
            journals: keeper == nil ? 0 : ViewerTableLayout.mostJournals
        )
        self.stall = Atomic(limits.stall.nanoseconds)
        self.signal = try TapeSignal(clock: clock, inputDelay: pace.delay)
        self.poller = try Poller.make()
        unsafe self.scratch = .allocate(byteCount: Self.scratchSize, alignment: 16)
        // Every signal is a new edge, so the counter need not be read back to zero: one system call less for each wake.
        try self.poller.add(
            number: self.signal.descriptor,
            token: Self.signalToken,
            for: [.readable, .edgeTriggered]
        )
        pace.follow(self.signal)
    }

    deinit {
        unsafe self.scratch.deallocate()
    }

    // MARK: From any thread

    /// Takes the viewer, or lets it go and says nil.
    func accept(_ viewer: consuming Viewer) -> ViewerID? {
        let socket = viewer.descriptor.number
        let tape = viewer.tape
        let opening = viewer.opening
        let tick = viewer.tick
        let isPaused = viewer.isPaused
        let dialogue = viewer.dialogue
        let onRelease = viewer.onRelease
        let card = viewer.card
        let continuation = viewer.continuation
        let onStart = viewer.onStart
        let onEnd = viewer.onEnd
        self.mailbox.load.add(1, ordering: .relaxed)
        let id = self.mailbox.leave(thread: self.number, capacity: self.table.capacity) { id in
            .add(
                FanoutMailbox.Arrival(
                    id: id,
                    socket: socket,
                    tape: tape,
                    opening: opening,
                    tick: tick,
                    isPaused: isPaused,
                    dialogue: dialogue,
                    onRelease: onRelease,
                    card: card,
                    continuation: continuation,
                    onStart: onStart,
                    onEnd: onEnd
                )
            )
        }
        guard let id else {
            self.mailbox.load.subtract(1, ordering: .relaxed)
            return nil
        }
        // It is the mailbox's now.
        _ = viewer.descriptor.release()
        self.signal.wake()
        return id
    }

    /// Takes the viewer, or says nil.
    func accept(_ viewer: DatagramViewer) -> ViewerID? {
        self.mailbox.load.add(1, ordering: .relaxed)
        let id = self.mailbox.leave(thread: self.number, capacity: self.table.capacity) { id in
            .addDatagrams(FanoutMailbox.DatagramArrival(id: id, viewer: viewer))
        }
        if id == nil { self.mailbox.load.subtract(1, ordering: .relaxed) }
        self.signal.wake()
        return id
    }

    /// Takes the intake, or lets it go and says false.
    func accept(_ intake: consuming Intake) -> Bool {
        let arrival = FanoutMailbox.IntakeArrival(
            socket: intake.descriptor.number,
            reader: intake.reader,
            silence: intake.silence.nanoseconds,
            leastMessage: intake.leastMessage,
            memory: intake.memory
        )
        self.mailbox.intakes.add(1, ordering: .relaxed)
        guard self.mailbox.leave(.takeIn(arrival)) else {
            self.mailbox.intakes.subtract(1, ordering: .relaxed)
            return false
        }
        // It is the mailbox's now.
        _ = intake.descriptor.release()
        self.signal.wake()
        return true
    }

    @discardableResult
    func post(_ command: FanoutMailbox.Command) -> Bool {
        defer { self.signal.wake() }
        return self.mailbox.leave(command)
    }

    func shutDown(draining: Duration?) {
        self.post(.shutDown(drainUntil: draining.map { self.clock().advanced(by: $0).nanoseconds }))
    }

    // MARK: The thread

    func run() {
        while true {
            self.now = self.clock().nanoseconds
            for command in self.mailbox.take() { self.perform(command) }
            self.readWhatIsDue()
            for group in self.groups where (group.sendDeadline.instant ?? .max) <= self.now { self.pass(group) }
            for group in self.datagramGroups
            where min(group.sendDeadline.instant ?? .max, group.again ?? .max) <= self.now {
                self.pass(group)
            }
            if self.now >= min(self.nextSweep, self.drainUntil) { self.sweep() }
            self.counters.publish(self.statistics, at: self.now)
            if self.isShutDown, self.isIdle { return }
            self.writeCheckpoints()
            self.wait()
        }
    }

    /// Sleeps until something is due, appears, or is asked for, and handles what the poller says.
    private func wait() {
        var until = min(self.nextSweep, self.drainUntil)
        for group in self.groups { until = min(until, self.nextLook(at: group)) }
        for group in self.datagramGroups { until = min(until, self.nextLook(at: group), group.again ?? .max) }
        if let nextRead = self.nextRead { until = min(until, nextRead) }
        if until > self.now, self.mailbox.isEmpty {
            self.signal.willSleep(until: until)
            // What was left for us before we said so is found here; for what comes later we are woken.
            for group in self.groups { until = min(until, group.sendDeadline.instant ?? .max) }
            for group in self.datagramGroups { until = min(until, group.sendDeadline.instant ?? .max) }
            if self.isReadOverdue { until = 0 }
            if !self.mailbox.isEmpty { until = 0 }
        } else {
            until = 0
        }
        let timeout = until == .max ? -1 : until == 0 ? 0 : max(until - self.clock().nanoseconds, 0)
        let count: Int
        do {
            count = try self.poller.wait(nanoseconds: timeout)
        } catch {
            self.logger.critical("the poller failed", metadata: ["error": "\(error)"])
            count = 0
        }
        self.signal.didWake()
        guard count > 0 else { return }
        self.now = self.clock().nanoseconds
        for index in 0..<count {
            let event = self.poller[index]
            if event.token == Self.signalToken {
                // The event carries no data; being woken is its purpose.
                continue
            } else if event.token & Self.lingeringToken != 0 {
                self.lingererIsReady(CInt(truncatingIfNeeded: event.token))
            } else if event.token & Self.intakeToken != 0 {
                self.intakeIsReady(CInt(truncatingIfNeeded: event.token), event.readiness)
            } else if event.token & Self.datagramToken != 0 {
                self.datagramSocketIsWritable(CInt(truncatingIfNeeded: event.token))
            } else {
                self.viewerIsReady(Int(truncatingIfNeeded: event.token), event.readiness)
            }
        }
    }

    private func nextLook(at group: some TapeGroup) -> Int64 {
        if let deadline = group.sendDeadline.instant { return deadline }
        // The stream fell silent: from here on its writer wakes us.
        if group.quietUntil <= self.now { group.quietUntil = .max }
        return group.quietUntil
    }

    private func perform(_ command: FanoutMailbox.Command) {
        switch command {
        case .add(let arrival): self.enter(arrival)
        case .addDatagrams(let arrival): self.enter(arrival)
        case .remove(let id):
            if let record = self.datagrams[id.slot], record.id == id { return self.end(record, .removed) }
            guard let record = self.record(of: id) else { return }
            self.end(record, .removed)
        case .takeIn(let arrival): self.enter(arrival)
        case .nudge(let reader): self.nudge(reader)
        case .catchUp(let done):
            self.catchUp()
            done()
        case .shutDown(let drainUntil): self.beginShutDown(drainUntil: drainUntil)
        }
    }

    /// Whether there is nobody left to look after.
    var isIdle: Bool { self.statistics.viewers == 0 && self.intakes.isEmpty && self.lingering.isEmpty }

    private func record(of id: ViewerID) -> ViewerRecord? {
        guard id.slot < self.records.count, let record = self.records[id.slot], record.id == id else { return nil }
        return record
    }

    private func beginShutDown(drainUntil: Int64?) {
        self.isShutDown = true
        self.drainUntil = drainUntil ?? self.now
        self.endIntakes()
        if self.drainUntil > self.now {
            for case .some(let record) in self.records { self.limit(record) }
            self.limitDatagrams()
        }
        if self.drainUntil <= self.now { self.endAll() }
    }

    func endAll() {
        for case .some(let record) in self.records { self.end(record, .shutdown) }
        self.endDatagrams()
        // Nobody waits for the stragglers of a shutdown without grace.
        for socket in self.lingering.keys { self.closeLingerer(socket) }
        self.drainUntil = .max
    }
}

package import Linux
package import Logging
internal import NIOCore
internal import Synchronization
internal import Tape

/// Sends wire tapes to any number of viewers.
///
/// A few threads, each with its own poller and its share of the viewers. A viewer is a socket and a place on a tape:
/// nothing is queued for it but what it must be sent out of turn. In steady play a viewer costs one `send` each time
/// its latency budget has passed since something new appeared, of everything new, straight from the tape's memory.
package final class FanoutEngine: Sendable {
    private let threads: [FanoutThread]
    private let workers: [WorkerThread]
    private let limits: FanoutLimits
    private let pace: ReadPace

    /// An engine with that many threads (1 to 255). With a keeper, viewers that have a card outlive the process. The clock is an argument so that budgets and stalls can be tested, the
    /// obstacle so that sockets can be full and kernels old.
    package init(
        threads: Int,
        limits: FanoutLimits = FanoutLimits(),
        logger: Logger,
        keeper: (any ViewerKeeper)? = nil,
        obstacle: DatagramBatch.Obstacle? = nil,
        clock: @escaping @Sendable () -> MonotonicInstant = { MonotonicClock.now }
    ) throws(LinuxError) {
        let count = min(max(threads, 1), ViewerID.maximumThreads)
        let pace = ReadPace(limits)
        var made: [FanoutThread] = []
        for number in 0..<count {
            made.append(
                try FanoutThread(
                    number: number,
                    limits: limits,
                    logger: logger,
                    pace: pace,
                    keeper: keeper,
                    obstacle: obstacle,
                    clock: clock
                )
            )
        }
        self.threads = made
        self.limits = limits
        self.pace = pace
        var workers: [WorkerThread] = []
        for thread in made {
            do {
                workers.append(try WorkerThread(name: "fanout-\(thread.number)") { thread.run() })
            } catch {
                for started in made { started.post(.shutDown(drainUntil: nil)) }
                throw error
            }
        }
        self.workers = workers
    }

    deinit {
        for thread in self.threads { thread.post(.shutDown(drainUntil: nil)) }
    }

    /// Takes the viewer over, socket and all; from any thread. Whatever comes of it, its `onEnd` is called once.
    @discardableResult
    package func add(_ viewer: consuming Viewer) -> ViewerID {
        self.configure(viewer.descriptor)
        let thread = self.threads.min {
            $0.mailbox.load.load(ordering: .relaxed) < $1.mailbox.load.load(ordering: .relaxed)
        }
        let onEnd = viewer.onEnd
        if let thread, self.load < self.limits.viewers, let id = thread.accept(viewer) {
            return id
        }
        onEnd(ViewerEnd(id: .none, reason: .refused, statistics: ViewerStatistics()))
        return .none
    }

    /// Sends the viewer datagrams from now on; from any thread. Whatever comes of it, its `onEnd` is called once.
    @discardableResult
    package func add(_ viewer: DatagramViewer) -> ViewerID {
        let thread = self.threads.min {
            $0.mailbox.load.load(ordering: .relaxed) < $1.mailbox.load.load(ordering: .relaxed)
        }
        if let thread, self.load < self.limits.viewers, let id = thread.accept(viewer) { return id }
        viewer.onEnd(ViewerEnd(id: .none, reason: .refused, statistics: ViewerStatistics()))
        return .none
    }

    /// Takes the intake over, socket and all; from any thread. Whatever comes of it, its reader is told the end once, and
    /// asked by ``IntakeReader/nudged()`` once before anything is read.
    package func takeIn(_ intake: consuming Intake) {
        self.configure(intake.descriptor)
        let reader = intake.reader
        let thread = self.threads.min { $0.mailbox.weight < $1.mailbox.weight }
        if let thread, thread.accept(intake) { return }
        reader.ended(.shutdown)
    }

    /// Has the reader of an intake asked for an answer, on its thread; nothing when it has ended or not arrived.
    package func nudge(_ reader: any IntakeReader) {
        for thread in self.threads { thread.post(.nudge(reader)) }
    }

    /// Has the readers of all intakes given what has come in by now.
    package func catchUp() async {
        for thread in self.threads {
            await withCheckedContinuation { continuation in
                if !thread.post(.catchUp { continuation.resume() }) { continuation.resume() }
            }
        }
    }

    /// Has publishers read as they send for as long as the answer is held, whatever the ticks of the engine's viewers: for
    /// who reads tapes without the engine.
    package func hurry() -> ReadHurry { ReadHurry(self.pace) }

    /// The memory in which each thread notes who its viewers are and where, by the thread's number.
    package func shareTables() throws(LinuxError) -> [HeldDescriptor] {
        var tables: [HeldDescriptor] = []
        for thread in self.threads {
            tables.append(HeldDescriptor(try thread.table.memory.descriptor.duplicate()))
        }
        return tables
    }

    /// Viewers, those on their way included.
    private var load: Int {
        self.threads.reduce(0) { $0 + $1.mailbox.load.load(ordering: .relaxed) }
    }

    /// Ends a viewer now; nothing when it has ended already.
    package func remove(_ id: ViewerID) {
        guard id.thread < self.threads.count else { return }
        self.threads[id.thread].post(.remove(id))
    }

    /// Ends all viewers and waits for the threads; not from one of them. With `draining`, viewers are first sent what is
    /// on the tapes now, for so long at most. Viewers added later are refused.
    package func shutdown(draining: Duration? = nil) {
        for thread in self.threads { thread.shutDown(draining: draining) }
        for worker in self.workers { worker.join() }
    }

    /// Viewers that take nothing for so long are dropped from now on.
    package func setStall(_ stall: Duration) {
        for thread in self.threads { thread.stall.store(stall.nanoseconds, ordering: .relaxed) }
    }

    /// What a viewer was sent so far; nil when it has ended. Cheap, from any thread.
    package func statistics(of id: ViewerID) -> ViewerStatistics? {
        guard id.thread < self.threads.count else { return nil }
        return self.threads[id.thread].table.statistics(of: id.slot, generation: id.generation)
    }

    /// Cheap, from any thread.
    package var statistics: FanoutStatistics {
        self.threads.reduce(FanoutStatistics()) { $0 + $1.counters.snapshot }
    }

    /// When each thread last came round. One that has nothing to do sleeps until it is woken, by ``wake()`` for one.
    package var lastRounds: [MonotonicInstant] {
        self.threads.map { MonotonicInstant(nanoseconds: $0.counters.lastRound) }
    }

    /// Makes the threads look at the clock again: when it is one that is set by hand, or to see that they do.
    package func wake() {
        for thread in self.threads { thread.signal.wake() }
    }

    private func configure(_ socket: borrowing OwnedDescriptor) {
        // A unix socket has none of these, and a connection that is already broken says so when it is used.
        try? TCPSocket.setNonBlocking(socket)
        try? TCPSocket.setNoDelay(socket)
        if let bytes = self.limits.sendBuffer { try? TCPSocket.setSendBuffer(socket, bytes: bytes) }
        try? TCPSocket.setKeepAlive(
            socket,
            idle: self.limits.keepAliveIdle,
            interval: self.limits.keepAliveInterval,
            probes: self.limits.keepAliveProbes
        )
    }
}

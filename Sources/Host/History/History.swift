package import Contract
internal import Dispatch
package import Events
package import Linux
package import Logging
internal import Synchronization

/// Writes down what happens, on a thread of its own: nothing else ever waits for the disk. What cannot be written waits in a
/// bounded queue, and it is said why.
package final class History: Sendable {
    private struct State {
        var spec: HistorySpec
        var minutes: [VenueRow] = []
        var digest = VenueDigest()
        var file: HistoryFile?
        var snapshot = HistorySnapshot()
        var isStopping = false
        var isSuspect = false
    }

    /// Minutes that wait for the thread.
    private static let minuteLimit = 4096

    private let directory: String
    private let events: EventLog
    private let log: Logger
    private let wake = DispatchSemaphore(value: 0)
    private let isWoken = Atomic(false)
    private let busy = BusySince()
    private let state: Mutex<State>
    private let thread = Mutex<WorkerThread?>(nil)

    /// - Parameters:
    ///   - directory: That keeps the file: the host's state.
    ///   - spec: What is kept, and how long.
    ///   - events: What is written down, and where the history tells of itself.
    ///   - log: Of its trouble.
    package init(in directory: String, _ spec: HistorySpec, events: EventLog, log: Logger) {
        self.directory = directory
        self.events = events
        self.log = log
        self.state = Mutex(State(spec: spec))
    }

    /// - Throws: Where the system has no thread left.
    package func start() throws(LinuxError) {
        self.events.onAppend { [weak self] in self?.ring() }
        let thread = try WorkerThread(name: "history") { [self] in self.run() }
        self.thread.withLock { $0 = thread }
    }

    /// Writes what is left, as far as that goes at once, and ends.
    package func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.ring()
        let thread = self.thread.withLock { $0.take() }
        await thread?.ended()
    }

    package func use(_ spec: HistorySpec) {
        self.state.withLock { $0.spec = spec }
        self.ring()
    }

    /// Since when its thread has been at one piece of work; nil while there is none. A disk that does not answer keeps it there.
    package var busySince: MonotonicInstant? { self.busy.since }

    package var snapshot: HistorySnapshot { self.state.withLock { $0.snapshot } }

    /// To be told about once a second how the venues are.
    package func note(_ looks: [VenueDigest.Look], unix: Int64) {
        let isNews = self.state.withLock { state in
            guard state.spec.isOn else { return false }
            let rows = state.digest.note(looks, unix: unix)
            state.minutes += rows.prefix(max(Self.minuteLimit - state.minutes.count, 0))
            return !rows.isEmpty
        }
        if isNews { self.ring() }
    }

    private func ring() {
        guard !self.isWoken.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.wake.signal()
    }

    // MARK: - Reading

    /// For a thread that may wait. Where nothing is written down, what is remembered is given.
    package func recorded(_ query: EventQuery) throws(HistoryUnavailable) -> RecordedEvents {
        guard self.state.withLock({ $0.spec.isOn }) else { return self.remembered(query) }
        let events = try self.read { (file) throws(HistoryFailure) in try file.events(query, in: self.directory) }
        return RecordedEvents(events: events, last: events.last?.id ?? query.after ?? 0)
    }

    private func remembered(_ query: EventQuery) -> RecordedEvents {
        let found = self.events.events(after: UInt64(clamping: query.after ?? 0))
            .filter { query.matches($0.unix, $0.event.subject) }
        let kept = query.after == nil ? found.suffix(query.limit) : found.prefix(query.limit)
        let events = kept.map { RecordedEvent(id: Int(clamping: $0.number), unix: $0.unix, $0.event) }
        return RecordedEvents(events: events, last: events.last?.id ?? query.after ?? 0)
    }

    /// For a thread that may wait.
    package func report(of relay: String, since: Int64?, until: Int64) throws(HistoryUnavailable) -> RelayReport {
        guard self.state.withLock({ $0.spec.isOn }) else {
            let query = EventQuery(since: since, until: until, relay: relay, limit: EventQuery.mostRows)
            let events = self.remembered(query).events
            let start = since ?? events.first.flatMap { EventTime.unix($0.at) } ?? until
            var maker = ReportMaker(relay: relay, since: start, until: until)
            return maker.report(prior: [], events: events, minutes: [], shortened: false)
        }
        return try self.read { (file) throws(HistoryFailure) in
            try file.report(of: relay, since: since, until: until, in: self.directory)
        }
    }

    private func read<Value>(
        _ body: (HistoryFile) throws(HistoryFailure) -> Value
    ) throws(HistoryUnavailable) -> Value {
        let (held, trouble) = self.state.withLock { ($0.file, $0.snapshot.trouble) }
        guard let file = held else {
            throw HistoryUnavailable(trouble ?? "The history is being opened; ask again in a moment.")
        }
        do throws(HistoryFailure) {
            return try body(file)
        } catch {
            switch error {
            case .trouble(let trouble): throw HistoryUnavailable(trouble.sentence(self.directory))
            case .damaged, .foreign:
                self.state.withLock { $0.isSuspect = true }
                self.ring()
                throw HistoryUnavailable("The file of the history is damaged; a fresh one is made.")
            }
        }
    }

    // MARK: - The thread

    private func run() {
        var machine = HistoryMachine()
        var last: UInt64 = 0
        defer { self.busy.end() }
        while true {
            self.busy.begin()
            self.isWoken.store(false, ordering: .releasing)
            let (spec, minutes, isStopping, isSuspect) = self.state.withLock { state in
                defer { (state.minutes, state.isSuspect) = ([], false) }
                return (state.spec, state.minutes, state.isStopping, state.isSuspect)
            }
            let news = self.events.events(after: last)
            if let first = news.first, first.number > last + 1 { machine.miss(first.number - last - 1) }
            last = news.last?.number ?? last
            guard spec.isOn else {
                self.close(&machine)
                machine = HistoryMachine()
                self.tell(machine, isOn: false)
                if isStopping { return }
                self.busy.end()
                self.wake.wait()
                continue
            }
            if isSuspect { self.close(&machine) }
            machine.take(news.map(HistoryRow.event) + minutes.map(HistoryRow.minute))
            let pause = self.step(&machine, spec)
            self.tell(machine, isOn: true)
            guard let pause else { continue }
            if isStopping { return self.close(&machine) }
            self.busy.end()
            _ = self.wake.wait(timeout: .now() + .nanoseconds(Int(clamping: pause.nanoseconds)))
        }
    }

    /// Does what is to be done next.
    ///
    /// - Returns: How long there is nothing to do; nil where there may be more.
    private func step(_ machine: inout HistoryMachine, _ spec: HistorySpec) -> Duration? {
        let action = machine.next(now: .monotonic())
        if case .wait(let pause) = action { return pause }
        do throws(HistoryFailure) {
            switch action {
            case .open:
                let file = try HistoryFile.open(in: self.directory)
                self.state.withLock { $0.file = file }
                machine.opened()
            case .write(let rows):
                try self.file().write(rows, in: self.directory)
                self.say(machine.wrote(rows.count))
            case .clear:
                let oldest = EventTime.now() - Int64(clamping: spec.keptMicroseconds)
                try self.file().clear(before: oldest, size: spec.size, in: self.directory)
                self.say(machine.cleared(now: .monotonic()))
            case .wait: break
            }
        } catch {
            self.failed(error, &machine)
        }
        return nil
    }

    private func file() throws(HistoryFailure) -> HistoryFile {
        guard let file = self.state.withLock({ $0.file }) else { throw .trouble(.unopenable) }
        return file
    }

    private func failed(_ failure: HistoryFailure, _ machine: inout HistoryMachine) {
        switch failure {
        case .trouble(let trouble):
            self.say(machine.failed(trouble, now: .monotonic()))
        case .damaged, .foreign:
            self.close(&machine)
            do throws(HistoryFailure) {
                let path = try HistoryFile.moveAside(in: self.directory, unix: EventTime.now())
                self.say(machine.movedAside(to: path, isForeign: failure == .foreign))
            } catch {
                self.say(machine.failed(.unopenable, now: .monotonic()))
            }
        }
    }

    private func close(_ machine: inout HistoryMachine) {
        let file = self.state.withLock { $0.file.take() }
        file?.close()
        machine.closed()
    }

    private func tell(_ machine: HistoryMachine, isOn: Bool) {
        let size = isOn ? HistoryFile.size(in: self.directory) : 0
        self.state.withLock { state in
            state.snapshot = HistorySnapshot(
                isOn: isOn,
                written: machine.written,
                dropped: machine.dropped,
                waiting: machine.waiting,
                size: size,
                trouble: machine.trouble?.sentence(self.directory),
                cause: machine.trouble?.cause
            )
        }
    }

    private func say(_ news: HistoryNews?) {
        guard let news else { return }
        let event = news.event(self.directory)
        switch event.level {
        case .good: self.log.notice("the history is written again", metadata: ["sentence": "\(event.sentence)"])
        case .warning, .bad: self.log.warning("the history is in trouble", metadata: ["sentence": "\(event.sentence)"])
        }
        self.events.append(event, unix: EventTime.now())
    }
}

extension HistoryNews {
    package func event(_ directory: String) -> HostEvent {
        switch self {
        case .trouble(let trouble):
            return HostEvent(kind: .history, level: .bad, sentence: trouble.sentence(directory), code: "trouble")
        case .recovered(let dropped):
            let lost =
                dropped == 0 ? "Nothing of it was lost." : "Since the host started \(dropped) rows of it were lost."
            return HostEvent(
                kind: .history,
                level: .good,
                sentence: "The history is written again. \(lost)",
                code: HostEvent.Code.back
            )
        case .movedAside(let path, let isForeign):
            let what = isForeign ? "is another program's or of another version" : "was damaged"
            return HostEvent(
                kind: .history,
                level: .warning,
                sentence: "The file of the history \(what); it is \(path) now, and a fresh one was begun.",
                code: "moved_aside"
            )
        }
    }
}

extension Instant {
    /// Now.
    fileprivate static func monotonic() -> Instant { Instant(microseconds: MonotonicClock.now.nanoseconds / 1000) }
}

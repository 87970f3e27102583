internal import Linux
internal import Synchronization

/// An instance in a container of podman.
final class PodmanInstance: ContainerInstance {
    let id: InstanceID
    let processID: Int32
    private let process: InstanceProcess
    private let traces: PodmanTraces

    init(id: InstanceID, pid: Int32, process: InstanceProcess, traces: PodmanTraces) {
        self.id = id
        self.processID = pid
        self.process = process
        self.traces = traces
    }

    var throttled: Duration? { self.traces.memory.group?.throttled }

    func ending() async -> InstanceEnding { await self.process.ending() }

    func signal(_ number: Int32) {
        // Podman's own process ends after the container's, so while it runs the number is still the container's.
        guard self.process.isRunning, let first = try? ProcessHandle.open(self.processID) else { return }
        first.signal(number)
    }

    func remove() async throws(RuntimeError) { try await self.traces.remove() }
}

/// All that an instance of podman leaves on the machine.
final class PodmanTraces: Sendable {
    let id: InstanceID
    let files: PodmanFiles
    let firstWords = FirstWords()
    let memory = MemoryWatch()
    private let podman: PodmanCommand
    private let directory: HostDirectory
    private let deadlines: RuntimeDeadlines
    private let removal = Removal()
    private let followed = Mutex<InstanceProcess?>(nil)

    init(
        id: InstanceID,
        podman: PodmanCommand,
        files: PodmanFiles,
        directory: HostDirectory,
        deadlines: RuntimeDeadlines
    ) {
        self.id = id
        self.podman = podman
        self.files = files
        self.directory = directory
        self.deadlines = deadlines
    }

    var process: InstanceProcess? {
        get { self.followed.withLock { $0 } }
        set { self.followed.withLock { $0 = newValue } }
    }

    func remove() async throws(RuntimeError) {
        try await self.removal.once { await self.removeAll() }
    }

    private func removeAll() async -> RuntimeError? {
        // An orphan if the host adopts such: to be collected when its container is gone.
        let monitor = (try? SmallFile.read(self.files.monitor)).flatMap { Int32($0.trimmingNewline) }
        let orphan = monitor.flatMap { Orphan($0) }
        let outcome = try? await self.podman.remove(self.id.rawValue).run(within: self.deadlines.delete)
        var problem: String?
        if outcome?.hasSucceeded != true {
            let isLate = outcome?.ending == nil
            problem = isLate ? "podman rm did not end in time" : outcome?.output.trimmingNewline
        }
        if let process = self.process, await process.ending(within: self.deadlines.kill) == nil {
            process.handle.signalGroup(9)
            process.handle.kill()
            _ = await process.ending(within: .seconds(1))
        }
        await WorkerThread.value(named: "monitor") { () -> Void in orphan?.collect(within: .seconds(1)) }
        do throws(LinuxError) {
            try Directory.removeTree(self.files.directory)
        } catch {
            problem = problem ?? "\(self.files.directory) (\(error.reason))"
        }
        self.directory.leave()
        return problem.map { RuntimeError(.failed, "Not all of \(self.id) could be removed: \($0).") }
    }
}

/// A process that somebody else has started and that is this one's to collect.
private final class Orphan: Sendable {
    private let handle: ProcessHandle

    /// Nil where there is none.
    init?(_ pid: Int32) {
        guard let handle = try? ProcessHandle.open(pid) else { return nil }
        self.handle = handle
    }

    /// Waits for its end on this thread.
    func collect(within limit: Duration) {
        if self.handle.awaitEnd(until: MonotonicClock.now.advanced(by: limit)) { _ = try? self.handle.collect() }
    }
}

/// The first lines of an instance, which podman writes before the program does.
final class FirstWords: Sendable {
    private let state = Mutex<[String]?>([])

    /// Whether the line was kept, because the program does not run yet.
    func keep(_ line: String) -> Bool {
        self.state.withLock { lines in
            guard lines != nil else { return false }
            if lines?.count ?? 0 < 100 { lines?.append(line) }
            return true
        }
    }

    func end() { self.state.withLock { $0 = nil } }

    var text: String { self.state.withLock { $0?.joined(separator: "; ") ?? "" } }
}

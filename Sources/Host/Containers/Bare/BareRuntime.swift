package import Contract
package import Linux
internal import Synchronization

/// Instances without containers: child processes that may do all that the host may.
package final class BareRuntime: ContainerRuntime {
    package let isolation = Isolation.none
    package var leavesOrphans: Bool { false }
    private let directory: HostDirectory
    private let layout: CgroupLayout

    /// The warning that the operator is shown at every start.
    package static let warning =
        "Relays run without containers (isolation: none): whoever breaks into one by hostile media has the rights of "
        + "this user, and neither memory nor processor time is limited. Install runc and set isolation: runc."

    package init(directory: String? = nil, facts: HostFacts = .read()) {
        self.directory = HostDirectory(
            base: directory ?? HostDirectory.standardBase(of: facts.user),
            isolation: Isolation.none.rawValue
        )
        self.layout = facts.cgroups
    }

    package func removeLeftovers() async -> [String] {
        await HostDirectory.removeLeftovers(in: self.directory.base, layout: self.layout)
    }

    package func start(
        _ spec: InstanceSpec,
        control: consuming OwnedDescriptor,
        output: @escaping @Sendable (String) -> Void
    ) async throws(RuntimeError) -> any ContainerInstance {
        guard SmallFile.kind(of: spec.program)?.isFile == true else {
            throw RuntimeError(.missing, "There is no program \(spec.program).")
        }
        try self.directory.enter()
        do throws(RuntimeError) {
            return try self.start(spec, control, output)
        } catch {
            try? Directory.removeTree(self.directory.instance(spec.id))
            self.directory.leave()
            throw error
        }
    }

    private func start(
        _ spec: InstanceSpec,
        _ control: borrowing OwnedDescriptor,
        _ output: @escaping @Sendable (String) -> Void
    ) throws(RuntimeError) -> any ContainerInstance {
        let record = InstanceRecord(directory: self.directory.instance(spec.id))
        do throws(LinuxError) {
            try Directory.makeNew(record.directory)
        } catch {
            throw .storage(record.directory, error)
        }
        let pipe = try RuntimeError.of("Cannot start \(spec.id)") { () throws(LinuxError) in try Pipe.make() }
        let handle = try RuntimeError.of("Cannot start \(spec.program)") { () throws(LinuxError) in
            let null = try NullDevice.open()
            let files = [null.number, pipe.write.number, pipe.write.number, control.number]
            let handle = try ProcessHandle.spawn(
                spec.program,
                spec.arguments,
                environment: spec.environment,
                files: files
            )
            _ = consume null
            // No more than a courtesy: it could raise the limit again if the host is root.
            try? handle.limitOpenFiles(spec.openFiles)
            try? record.write(pid: handle.pid)
            return handle
        }
        let process = InstanceProcess(handle, pipe: pipe.keepReading(), output: output) { InstanceEnding($0) }
        try RuntimeError.of("Cannot follow \(spec.id)") { () throws(LinuxError) in try process.follow() }
        return BareInstance(id: spec.id, process: process, directory: self.directory)
    }
}

final class BareInstance: ContainerInstance {
    let id: InstanceID
    private let process: InstanceProcess
    private let directory: HostDirectory
    private let isRemoved = Mutex(false)

    init(id: InstanceID, process: InstanceProcess, directory: HostDirectory) {
        self.id = id
        self.process = process
        self.directory = directory
    }

    var processID: Int32 { self.process.handle.pid }

    /// It has no limit.
    var throttled: Duration? { nil }

    func ending() async -> InstanceEnding { await self.process.ending() }

    func signal(_ number: Int32) { self.process.handle.signal(number) }

    func remove() async throws(RuntimeError) {
        // The group outlives its leader; what left it cannot be found.
        self.process.handle.signalGroup(9)
        self.process.handle.kill()
        guard await self.process.ending(within: RuntimeDeadlines.standard.kill) != nil else {
            throw RuntimeError(.timedOut, "Process \(self.processID) of \(self.id) does not end.")
        }
        let isFirst = self.isRemoved.withLock { isRemoved in
            defer { isRemoved = true }
            return !isRemoved
        }
        guard isFirst else { return }
        let path = self.directory.instance(self.id)
        defer { self.directory.leave() }
        do throws(LinuxError) {
            try Directory.removeTree(path)
        } catch {
            throw RuntimeError(.storage, "Cannot remove \(path): \(error.reason).")
        }
    }
}

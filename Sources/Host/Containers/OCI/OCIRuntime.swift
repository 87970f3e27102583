package import Contract
package import Linux
internal import Synchronization

/// Containers by runc or crun.
package final class OCIRuntime: ContainerRuntime {
    package let isolation: Isolation
    package let deadlines: RuntimeDeadlines
    let facts: HostFacts
    let directory: HostDirectory
    let program: RuntimeProgram
    /// What was found out about each program, for as long as it is the same file.
    private let libraries = Mutex<[String: (program: FileStamp?, needed: SharedLibraries)]>([:])

    /// Says why, where this machine or this user cannot have containers. The files of instances go to the directory, or
    /// below /run; the program is the runtime's path, or the one installed.
    package init(
        _ isolation: Isolation,
        directory: String? = nil,
        program: String? = nil,
        deadlines: RuntimeDeadlines = .standard,
        facts: HostFacts = .read()
    ) throws(RuntimeError) {
        precondition(isolation == .runc || isolation == .crun, "\(isolation) is no OCI runtime")
        let path = if let program { program } else { try RuntimeProgram.find(isolation) }
        if let obstacle = facts.obstacle { throw obstacle }
        self.isolation = isolation
        self.deadlines = deadlines
        self.facts = facts
        self.directory = HostDirectory(
            base: directory ?? HostDirectory.standardBase(of: facts.user),
            isolation: isolation.rawValue
        )
        self.program = RuntimeProgram(isolation: isolation, path: path, state: self.directory.state, facts: facts)
        do throws(LinuxError) {
            // A container's first process is the runtime's child, and the runtime ends when it is made.
            try ProcessHandle.adoptOrphans()
        } catch {
            throw RuntimeError(.forbidden, "This kernel does not let the host adopt its containers (\(error)).")
        }
    }

    package func removeLeftovers() async -> [String] {
        await HostDirectory.removeLeftovers(in: self.directory.base, layout: self.facts.cgroups)
    }

    package func start(
        _ spec: InstanceSpec,
        control: consuming OwnedDescriptor,
        output: @escaping @Sendable (String) -> Void
    ) async throws(RuntimeError) -> any ContainerInstance {
        try spec.checkProgram()
        let root = try await self.root(of: spec)
        try self.directory.enter()
        let traces = InstanceTraces(of: spec.id, by: self)
        do throws(RuntimeError) {
            return try await self.start(spec, root, traces, control, output)
        } catch {
            // What the caller needs to know is why it did not start.
            try? await traces.remove()
            throw error
        }
    }

    private func start(
        _ spec: InstanceSpec,
        _ root: RootFileSystem,
        _ traces: InstanceTraces,
        _ control: borrowing OwnedDescriptor,
        _ output: @escaping @Sendable (String) -> Void
    ) async throws(RuntimeError) -> any ContainerInstance {
        try await traces.claim()
        let config = OCISpec(
            spec,
            root: root,
            identity: self.identity(of: spec.id),
            group: self.program.group(of: spec.id),
            limitsSwap: self.facts.cgroups.limitsSwap
        )
        let bundle = traces.bundle
        try bundle.write(config, root)
        let instance = try await self.create(spec.id, traces, control, output)
        let start = self.program.command(["start", spec.id.rawValue], log: bundle.log)
        try await self.perform(start, "start", within: self.deadlines.start, bundle)
        return instance
    }

    /// Has the runtime make the container, whose first process then waits to become the program.
    private func create(
        _ id: InstanceID,
        _ traces: InstanceTraces,
        _ control: borrowing OwnedDescriptor,
        _ output: @escaping @Sendable (String) -> Void
    ) async throws(RuntimeError) -> OCIInstance {
        let bundle = traces.bundle
        let pipe = try RuntimeError.of("Cannot start \(id)") { () throws(LinuxError) in try Pipe.make() }
        let null = try RuntimeError.of("Cannot start \(id)") { () throws(LinuxError) in try NullDevice.open() }
        let words = ["create", "--bundle", bundle.path, "--pid-file", bundle.pidFile, "--preserve-fds", "1"]
        try await self.perform(
            self.program.command(words + [id.rawValue], log: bundle.log),
            "create",
            within: self.deadlines.create,
            bundle,
            files: [null.number, pipe.write.number, pipe.write.number, control.number],
            said: { (try? Pipe.readAvailable(from: pipe.read)) ?? "" }
        )
        guard let pid = (try? SmallFile.read(bundle.pidFile)).flatMap({ Int32($0.trimmingNewline) }) else {
            throw RuntimeError(.failed, "\(self.isolation.rawValue) made \(id) but did not say which process it is.")
        }
        let handle = try RuntimeError.of("Lost \(id)") { () throws(LinuxError) in
            try InstanceRecord(directory: bundle.path).write(pid: pid)
            return try ProcessHandle.open(pid)
        }
        let group = traces.group
        let process = InstanceProcess(handle, pipe: pipe.keepReading(), output: output) { ending in
            // Either the first process was chosen by the kernel, or it says how the chosen one ended.
            let isKilled = ending == .signalled(9) || ending == .exited(code: 137)
            if isKilled, group.memoryKills > 0 { return .outOfMemory }
            return InstanceEnding(ending)
        }
        try RuntimeError.of("Cannot follow \(id)") { () throws(LinuxError) in try process.follow() }
        return OCIInstance(id: id, process: process, traces: traces)
    }

    /// Runs the runtime, and says what it said when it fails.
    func perform(
        _ command: Command,
        _ verb: String,
        within limit: Duration,
        _ bundle: Bundle,
        files: [CInt]? = nil,
        said: () -> String = { "" }
    ) async throws(RuntimeError) {
        let name = self.isolation.rawValue
        let outcome: Command.Outcome
        do throws(LinuxError) {
            outcome = try await command.run(within: limit, files: files)
        } catch {
            let kind: RuntimeError.Kind = error.isMissing ? .missing : .failed
            throw RuntimeError(kind, "Cannot run \(self.program.path): \(error.reason).")
        }
        switch outcome.ending {
        case .exited(code: 0): return
        case nil: throw RuntimeError(.timedOut, "\(name) \(verb) did not end within \(limit) and was killed.")
        default:
            let words = [bundle.lastError(), outcome.output.trimmingNewline, said().trimmingNewline].compactMap(\.self)
            let reason = words.first { !$0.isEmpty } ?? "it said nothing"
            throw RuntimeError(.init(reason: reason), "\(name) \(verb) failed: \(reason.prefix(1000))")
        }
    }

    func identity(of id: InstanceID) -> InstanceIdentity {
        if self.facts.isRoot { return .ofRoot(for: id) }
        return .of(user: self.facts.user, group: ProcessTree.group, subordinate: self.facts.subordinate)
    }

    private func root(of spec: InstanceSpec) async throws(RuntimeError) -> RootFileSystem {
        let program = FileStamp(of: spec.program)
        let libraries: SharedLibraries
        if let known = self.libraries.withLock({ $0[spec.program] }), known.program == program {
            libraries = known.needed
        } else {
            libraries = try await .needed(by: spec.program)
            self.libraries.withLock { $0[spec.program] = (program, libraries) }
        }
        return try .read(program: spec.program, libraries: libraries, root: spec.root)
    }
}

extension RuntimeError.Kind {
    /// Finds the kind of an error in what a runtime said.
    init(reason: String) {
        let reason = reason.lowercased()
        let kinds: [(Self, [String])] = [
            (.storage, ["no space left", "read-only file system", "disk quota"]),
            (.forbidden, ["operation not permitted", "permission denied", "not supported"]),
        ]
        self = kinds.first { $0.1.contains { reason.contains($0) } }?.0 ?? .failed
    }
}

package import Contract
package import Linux
internal import Synchronization

/// Containers by podman, from an image or from the host's /usr.
package final class PodmanRuntime: ContainerRuntime {
    package let isolation = Isolation.podman
    private let deadlines: RuntimeDeadlines
    private let facts: HostFacts
    private let directory: HostDirectory
    private let podman: PodmanCommand
    private let image: String?

    /// Says why, where this machine or this user cannot have containers. The image must be there already; without one the
    /// host's /usr is the root. The files of instances go to the directory, or below /run.
    package init(
        image: String? = nil,
        directory: String? = nil,
        program: String? = nil,
        deadlines: RuntimeDeadlines = .podman,
        facts: HostFacts = .read()
    ) throws(RuntimeError) {
        let path = if let program { program } else { try RuntimeProgram.find(.podman) }
        if let obstacle = facts.obstacle { throw obstacle }
        self.image = image
        self.deadlines = deadlines
        self.facts = facts
        self.podman = try Self.command(path, facts)
        self.directory = HostDirectory(
            base: directory ?? HostDirectory.standardBase(of: facts.user),
            isolation: Isolation.podman.rawValue
        )
    }

    private static func command(_ path: String, _ facts: HostFacts) throws(RuntimeError) -> PodmanCommand {
        let isHybrid = facts.cgroups.version == .hybrid
        let runtime = isHybrid ? Programs.find(Isolation.runc.rawValue) : nil
        guard !isHybrid || runtime != nil else {
            throw RuntimeError(
                .missing,
                "Control groups are \(facts.cgroups.version.rawValue) here, where podman needs runc: apt-get install runc."
            )
        }
        return PodmanCommand(
            path: path,
            usesSystemd: facts.hasSystemd,
            slice: facts.hasSystemd && facts.isRoot ? facts.slice : nil,
            environment: facts.environment,
            runtime: runtime
        )
    }

    package func removeLeftovers() async -> [String] {
        await HostDirectory.removeLeftovers(in: self.directory.base, layout: self.facts.cgroups)
    }

    /// Removes a container that a host process which died has left; whether it is gone.
    static func forceRemoval(of name: String) async -> Bool {
        guard let path = Programs.find(Isolation.podman.rawValue), let podman = try? Self.command(path, .read()) else {
            return false
        }
        // The podman that started it may be noting its end at this moment, and refuses a removal in the middle of that.
        for attempt in 0..<Self.removalAttempts {
            if attempt > 0 { try? await Task.sleep(for: .milliseconds(200)) }
            let outcome = try? await podman.remove(name).run(within: RuntimeDeadlines.podman.delete)
            if outcome?.hasSucceeded == true { return true }
            if outcome?.ending == nil { return false }
        }
        return false
    }

    private static let removalAttempts = 5

    package func start(
        _ spec: InstanceSpec,
        control: consuming OwnedDescriptor,
        output: @escaping @Sendable (String) -> Void
    ) async throws(RuntimeError) -> any ContainerInstance {
        if self.image == nil { try spec.checkProgram() }
        let libraries = self.image == nil ? try await SharedLibraries.needed(by: spec.program) : nil
        try self.directory.enter()
        let files = PodmanFiles(directory: self.directory.instance(spec.id))
        let traces = PodmanTraces(
            id: spec.id,
            podman: self.podman,
            files: files,
            directory: self.directory,
            deadlines: self.deadlines
        )
        do throws(RuntimeError) {
            try RuntimeError.of("Cannot write \(files.directory)") { () throws(LinuxError) in
                try Directory.makeNew(files.directory, mode: 0o711)
            }
        } catch {
            self.directory.leave()
            throw error
        }
        do throws(RuntimeError) {
            var source = PodmanCommand.Source.image(self.image ?? "")
            if let libraries {
                let root = try RootFileSystem.read(
                    program: spec.program,
                    libraries: libraries,
                    root: spec.root
                )
                source = .root(path: files.root, root)
                try files.write(root)
            } else {
                try files.write(nil)
            }
            let identity = self.facts.isRoot ? InstanceIdentity.ofRoot(for: spec.id) : nil
            let command = self.podman.run(spec, source, files: files, identity: identity)
            let process = try self.spawn(command, spec.id, control, output, traces)
            return try await self.started(process, spec.id, traces)
        } catch {
            try? await traces.remove()
            throw error
        }
    }

    private func spawn(
        _ command: Command,
        _ id: InstanceID,
        _ control: borrowing OwnedDescriptor,
        _ output: @escaping @Sendable (String) -> Void,
        _ traces: PodmanTraces
    ) throws(RuntimeError) -> InstanceProcess {
        let pipe = try RuntimeError.of("Cannot start \(id)") { () throws(LinuxError) in try Pipe.make() }
        let null = try RuntimeError.of("Cannot start \(id)") { () throws(LinuxError) in try NullDevice.open() }
        let handle = try RuntimeError.of("Cannot run \(command.program)") { () throws(LinuxError) in
            try ProcessHandle.spawn(
                command.program,
                command.arguments,
                environment: command.environment,
                files: [null.number, pipe.write.number, pipe.write.number, control.number]
            )
        }
        let process = InstanceProcess(
            handle,
            pipe: pipe.keepReading(),
            output: { [first = traces.firstWords] line in if !first.keep(line) { output(line) } },
            explain: { [podman = self.podman, memory = traces.memory] ending in
                if memory.wasExceeded { return .outOfMemory }
                let outcome = try? podman.outcome(of: id.rawValue).runHere(within: .seconds(5))
                if outcome?.output.trimmingNewline.hasSuffix(" true") == true { return .outOfMemory }
                // Podman says a signal as a shell does.
                if case .exited(let code) = ending, (129...192).contains(code) { return .signalled(code - 128) }
                return InstanceEnding(ending)
            }
        )
        traces.process = process
        try RuntimeError.of("Cannot follow \(id)") { () throws(LinuxError) in try process.follow() }
        return process
    }

    /// Waits until podman says which process it is; what it said before is its own, and the reason if it ended.
    private func started(
        _ process: InstanceProcess,
        _ id: InstanceID,
        _ traces: PodmanTraces
    ) async throws(RuntimeError) -> any ContainerInstance {
        let deadline = ContinuousClock.now + self.deadlines.create
        while ContinuousClock.now < deadline {
            if let pid = (try? SmallFile.read(traces.files.pid)).flatMap({ Int32($0.trimmingNewline) }) {
                traces.firstWords.end()
                try? InstanceRecord(directory: traces.files.directory).write(pid: pid)
                traces.memory.watch(pid, in: self.facts.cgroups)
                return PodmanInstance(id: id, pid: pid, process: process, traces: traces)
            }
            if await process.ending(within: .milliseconds(2)) != nil {
                let reason = traces.firstWords.text
                if SmallFile.kind(of: traces.files.pid) != nil { continue }
                throw RuntimeError(.init(reason: reason), "podman run failed: \(reason.prefix(1000))")
            }
        }
        throw RuntimeError(.timedOut, "podman run did not start \(id) within \(self.deadlines.create) and was killed.")
    }
}

extension RuntimeDeadlines {
    /// Podman keeps a database, and waits for others that use it.
    package static let podman = RuntimeDeadlines(
        create: .seconds(20),
        start: .seconds(5),
        kill: .seconds(5),
        delete: .seconds(15)
    )
}

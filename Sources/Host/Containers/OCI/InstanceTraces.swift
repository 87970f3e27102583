internal import Contract
internal import Linux
internal import Synchronization

/// All that an instance of an OCI runtime leaves on the machine, from before it is made until it is removed.
final class InstanceTraces: Sendable {
    let id: InstanceID
    let bundle: Bundle
    private let runtime: OCIRuntime
    private let removal = Removal()
    private let followed = Mutex<InstanceProcess?>(nil)

    init(of id: InstanceID, by runtime: OCIRuntime) {
        self.id = id
        self.runtime = runtime
        self.bundle = Bundle(path: runtime.directory.instance(id))
    }

    var process: InstanceProcess? {
        get { self.followed.withLock { $0 } }
        set { self.followed.withLock { $0 = newValue } }
    }

    /// As it is now: where the runtime under systemd put it is known once the first process is.
    var group: ControlGroup {
        ControlGroup(
            of: self.id.rawValue,
            in: self.runtime.facts.cgroups,
            recorded: InstanceRecord(directory: self.bundle.path).groups
        )
    }

    private var runtimeState: String { "\(self.runtime.directory.state)/\(self.id)" }

    /// Takes the id, which nobody may use now, in this host process or another; sweeps away what is left of those who did.
    func claim() async throws(RuntimeError) {
        do throws(LinuxError) {
            try Directory.makeNew(self.bundle.path, mode: 0o711)
        } catch {
            guard error.isAlreadyThere else { throw .storage(self.bundle.path, error) }
            self.disown()
            throw RuntimeError(.failed, "An instance \(self.id) exists already: remove it, or start under another id.")
        }
        let group = self.group
        guard group.processes.isEmpty else {
            try? Directory.remove(self.bundle.path)
            self.disown()
            throw RuntimeError(
                .failed,
                "A control group \(self.id) exists already, with processes in it (\(group.traces.joined(separator: ", "))): "
                    + "end them, or start under another id."
            )
        }
        await group.clear(until: .now + .seconds(1))
    }

    /// What bears the id is another's, and not to be removed with this.
    private func disown() {
        self.removal.waive()
        self.runtime.directory.leave()
    }

    /// Ends what is left of it and removes it; what comes of that is the same for all who ask.
    func remove() async throws(RuntimeError) {
        try await self.removal.once { await self.removeAll() }
    }

    private func removeAll() async -> RuntimeError? {
        let deadlines = self.runtime.deadlines
        var problems: [String] = []
        if let process = self.process {
            process.handle.kill()
            if await process.ending(within: deadlines.kill) == nil {
                problems.append("process \(process.handle.pid) did not end within \(deadlines.kill)")
            }
        }
        let group = self.group
        if SmallFile.kind(of: self.runtimeState) != nil {
            let command = self.runtime.program.command(["delete", "--force", self.id.rawValue])
            let outcome = try? await command.run(within: deadlines.delete)
            // Whatever it did or did not: what counts is what is left, and that is removed by hand.
            if outcome?.ending == nil {
                problems.append("\(self.runtime.isolation.rawValue) delete did not end within \(deadlines.delete)")
            }
        }
        if !group.traces.isEmpty { await group.clear(until: .now + .seconds(2)) }
        var left = group.traces
        for path in [self.runtimeState, self.bundle.path] {
            do throws(LinuxError) {
                try Directory.removeTree(path)
            } catch {
                left.append("\(path) (\(error.reason))")
            }
        }
        self.runtime.directory.leave()
        guard !left.isEmpty else { return nil }
        let reasons = problems.isEmpty ? "" : ": " + problems.joined(separator: "; ")
        return RuntimeError(.failed, "\(left.joined(separator: ", ")) is left of \(self.id)\(reasons).")
    }
}

internal import Contract
internal import FoundationEssentials
internal import Linux
internal import Synchronization

/// What one host process keeps of its instances while they live: `<base>/<process>-<start time>-<number>`.
///
/// The process holds the directory with a lock that the kernel lets go when it dies: that is how a later one knows what
/// is a leftover, whatever became of the process's number. Made with the first instance, removed with the last.
final class HostDirectory: Sendable {
    let base: String
    let path: String
    private let isolation: String
    private let use = Mutex(Use())

    private struct Use: ~Copyable {
        var count = 0
        var hold: OwnedDescriptor?
    }

    private static let number = Atomic(0)

    /// `/run/transponder`, or the like below the directory that the session gives a user who is not root.
    static func standardBase(of user: UInt32) -> String {
        if user == 0 { return "/run/transponder" }
        let given = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        return (given ?? "/tmp/transponder-\(user)") + "/transponder"
    }

    init(base: String, isolation: String) {
        let start = ProcessTree.startTime(of: ProcessTree.own) ?? 0
        let number = Self.number.wrappingAdd(1, ordering: .relaxed).oldValue
        self.base = base
        self.path = "\(base)/\(ProcessTree.own)-\(start)-\(number)"
        self.isolation = isolation
    }

    /// Of the runtime.
    var state: String { "\(self.path)/state" }

    func instance(_ id: InstanceID) -> String { "\(self.path)/instances/\(id)" }

    /// Makes sure it is there until as many calls of ``leave()``.
    func enter() throws(RuntimeError) {
        let outcome = self.use.withLock { use in
            Result { () throws(RuntimeError) in
                if use.count == 0 { use.hold = try self.make() }
                use.count += 1
            }
        }
        try outcome.get()
    }

    func leave() {
        self.use.withLock { use in
            use.count -= 1
            guard use.count == 0 else { return }
            for name in ["/isolation", ""] { try? Directory.removeTree(self.path + name) }
            use.hold = nil
            try? Directory.remove(self.base)
        }
    }

    private func make() throws(RuntimeError) -> OwnedDescriptor {
        do throws(LinuxError) {
            while true {
                try Self.makePath(self.base)
                do throws(LinuxError) {
                    // While the base is held, nobody takes what is not locked yet for a leftover.
                    let hold = try Directory.hold(self.base, waiting: true)
                    defer { withExtendedLifetime(hold) {} }
                    // Others than root look a container's files up through it: they may pass, not list.
                    try Directory.makeNew(self.path, mode: 0o711)
                    guard let own = try Directory.hold(self.path, waiting: true) else { continue }
                    try SmallFile.write(self.isolation, to: "\(self.path)/isolation")
                    try Directory.makeNew("\(self.path)/instances", mode: 0o711)
                    try Directory.makeNew(self.state, mode: 0o700)
                    return own
                } catch  where error.isMissing {
                    // Another process, leaving, has removed the base in between.
                }
            }
        } catch {
            try? Directory.removeTree(self.path)
            throw .storage(self.path, error)
        }
    }

    private static func makePath(_ path: String) throws(LinuxError) {
        guard SmallFile.kind(of: path) == nil else { return }
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        if !parent.isEmpty { try self.makePath("/" + parent) }
        try Directory.make(path, mode: 0o711)
    }

    // MARK: - Leftovers

    /// Removes what host processes that died have left below the base, and says what it was.
    static func removeLeftovers(in base: String, layout: CgroupLayout) async -> [String] {
        var sentences: [String] = []
        for path in self.abandoned(in: base) {
            guard let hold = try? Directory.hold(path, waiting: false) else { continue }
            let isolation = try? SmallFile.read("\(path)/isolation")
            for name in (try? Directory.entries(of: "\(path)/instances")) ?? [] {
                let record = InstanceRecord(directory: "\(path)/instances/\(name)")
                let wasRunning = record.kill()
                var left: [String] = []
                if isolation == Isolation.podman.rawValue, await !PodmanRuntime.forceRemoval(of: name) {
                    left.append("podman's container")
                }
                let group = ControlGroup(of: name, in: layout, recorded: record.groups)
                let hadProcesses = !group.processes.isEmpty
                await group.clear(until: .now + .seconds(5))
                left += group.traces
                let what = wasRunning || hadProcesses ? "which still ran" : "which no longer ran"
                sentences.append(
                    left.isEmpty
                        ? "Removed \(name), \(what), of a host process that died."
                        : "Could not remove \(left.joined(separator: ", ")) of \(name), of a host process that died."
                )
            }
            do throws(LinuxError) {
                try Directory.removeTree(path)
            } catch {
                sentences.append("Could not remove \(path), left by a host process that died: \(error.reason).")
            }
            _ = consume hold
        }
        try? Directory.remove(base)
        return sentences
    }

    /// Nobody can take up a directory that another process has left, so the base need not be held beyond this.
    private static func abandoned(in base: String) -> [String] {
        guard let hold = try? Directory.hold(base, waiting: true) else { return [] }
        defer { withExtendedLifetime(hold) {} }
        let names = (try? Directory.entries(of: base)) ?? []
        return names.map { "\(base)/\($0)" }.filter { path in
            guard let found = try? Directory.hold(path, waiting: false) else { return false }
            _ = consume found
            return true
        }
    }
}

extension RuntimeError {
    static func storage(_ path: String, _ error: LinuxError) -> RuntimeError {
        let advice = error.isFull ? "free space there" : "choose another runtime directory, or give the host the right"
        return RuntimeError(.storage, "Cannot write \(path) (\(error.call): \(error.reason)): \(advice).")
    }
}

internal import Contract
internal import Linux

/// The command lines podman gets: the same restrictions as an OCI bundle's, in its words.
struct PodmanCommand: Sendable {
    let path: String
    let usesSystemd: Bool

    /// Where scopes are made; nil: where podman makes them by itself.
    let slice: SystemdSlice?

    /// Of who runs it, beside what every program is told.
    let environment: [String: String]

    /// The OCI runtime it is to use; nil: its own choice. That is crun, which refuses hybrid hosts.
    let runtime: String?

    /// Where an image keeps the relay.
    static let imageProgram = "/usr/bin/transponder-relay"

    enum Source: Hashable, Sendable {
        case image(String)
        /// An empty root with links, and what to bind into it.
        case root(path: String, RootFileSystem)
    }

    func command(_ words: [String]) -> Command {
        var all = ["--log-level", "error", "--cgroup-manager", self.usesSystemd ? "systemd" : "cgroupfs"]
        if let runtime { all += ["--runtime", runtime] }
        var command = Command(self.path, all + words)
        // What of the machine's environment podman looks at: nothing.
        command.environment["HOME"] = "/root"
        command.environment.merge(self.environment) { $1 }
        return command
    }

    func run(_ spec: InstanceSpec, _ source: Source, files: PodmanFiles, identity: InstanceIdentity?) -> Command {
        var words = [
            "run", "--name", spec.id.rawValue, "--pidfile", files.pid, "--conmon-pidfile", files.monitor,
            "--preserve-fds", "1", "--log-driver", "none", "--pull", "never", "--no-hosts", "--no-healthcheck",
            "--hostname", "relay",
            "--network", "none", "--ipc", "private", "--pid", "private", "--uts", "private", "--cgroupns", "private",
            "--read-only", "--read-only-tmpfs=false",
            "--tmpfs", "/tmp:size=\(OCISpec.temporaryBytes),mode=1777,noexec,nosuid,nodev",
            "--cap-drop", "all", "--security-opt", "no-new-privileges",
            "--security-opt", "seccomp=\(files.seccomp)",
            "--memory", "\(spec.memory)b", "--memory-swap", "\(spec.memory)b", "--cpus", "\(spec.cpu)",
            "--cpu-shares", "\(OCISpec.shares)",
            "--pids-limit", "\(spec.processes)",
            "--ulimit", "nofile=\(spec.openFiles):\(spec.openFiles)",
            "--ulimit", "nproc=\(spec.processes):\(spec.processes)", "--ulimit", "core=0:0",
            "--user", "\(InstanceIdentity.nobody):\(InstanceIdentity.nobody)",
        ]
        if let slice { words += ["--cgroup-parent", slice.name] }
        words += ["--unsetenv-all"]
        for (key, value) in spec.environment.sorted(by: { $0.key < $1.key }) { words += ["--env", "\(key)=\(value)"] }
        switch source {
        case .image(let name):
            // An image's files belong to many users, and podman shifts them once for all instances.
            let first = InstanceIdentity.firstID
            if identity != nil { words += ["--uidmap", "0:\(first):65536", "--gidmap", "0:\(first):65536"] }
            words += ["--entrypoint", Self.imageProgram, name]
        case .root(let path, let root):
            for map in identity?.users ?? [] { words += ["--uidmap", "\(map.containerID):\(map.hostID):\(map.size)"] }
            for map in identity?.groups ?? [] { words += ["--gidmap", "\(map.containerID):\(map.hostID):\(map.size)"] }
            for bind in root.binds { words += ["--volume", "\(bind.source):\(bind.destination):ro,nosuid,nodev"] }
            if root.hasLibraries { words += ["--env", "LD_LIBRARY_PATH=\(RootFileSystem.libraries)"] }
            words += ["--rootfs", path, RootFileSystem.program(spec.program)]
        }
        // conmon leaves a file where it is started when the kernel ends its container for memory.
        let command = self.command(words + spec.arguments)
        let started = ["--chdir", files.directory, command.program] + command.arguments
        return Command("/usr/bin/env", started, environment: command.environment)
    }

    func remove(_ name: String) -> Command { self.command(["rm", "--force", "--time", "0", "--ignore", name]) }

    /// `true` or `false` after the number.
    func outcome(of name: String) -> Command {
        self.command(["inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", name])
    }
}

/// Files of one instance that podman reads and writes.
struct PodmanFiles: Hashable, Sendable {
    let directory: String

    var pid: String { "\(self.directory)/pid" }
    var monitor: String { "\(self.directory)/monitor" }
    var seccomp: String { "\(self.directory)/seccomp.json" }
    var root: String { "\(self.directory)/root" }

    /// Places podman mounts files of its own over, whether it is asked to or not.
    static let directories = ["/etc", "/run", "/sys", "/var", "/var/tmp"]
    static let places = [
        "/etc/group", "/etc/hostname", "/etc/hosts", "/etc/passwd", "/etc/resolv.conf", "/run/.containerenv",
    ]

    func write(_ root: RootFileSystem?) throws(RuntimeError) {
        do throws(LinuxError) {
            try SmallFile.write(Bundle.text(of: SeccompProfile.relay), to: self.seccomp)
            guard let root else { return }
            try Bundle.makeRoot(root, at: self.root)
            for path in Self.directories where SmallFile.kind(of: self.root + path) == nil {
                try Directory.makeNew(self.root + path, mode: 0o755)
            }
            for path in Self.places { try SmallFile.write("", to: self.root + path, mode: 0o644) }
        } catch {
            throw .storage(self.directory, error)
        }
    }
}

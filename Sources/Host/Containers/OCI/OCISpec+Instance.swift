import Contract

extension OCISpec {
    /// The container of an instance, in a control group named as the runtime wants it.
    init(
        _ spec: InstanceSpec,
        root: RootFileSystem,
        identity: InstanceIdentity,
        group: String,
        limitsSwap: Bool
    ) {
        var environment = spec.environment
        if root.hasLibraries { environment["LD_LIBRARY_PATH"] = RootFileSystem.libraries }
        // crun opens every bind before it mounts the first, and the limit holds for it already.
        let openFiles = max(spec.openFiles, root.binds.count + Self.runtimeFiles)
        self.process = Process(
            user: Process.User(uid: identity.inside, gid: identity.inside),
            args: [RootFileSystem.program(spec.program)] + spec.arguments,
            env: environment.map { "\($0.key)=\($0.value)" }.sorted(),
            rlimits: [
                Process.Limit(type: "RLIMIT_CORE", soft: 0, hard: 0),
                Process.Limit(type: "RLIMIT_NOFILE", soft: openFiles, hard: openFiles),
            ],
            // When the machine itself runs out of memory, a relay goes before the host process that would replace it.
            oomScoreAdj: 300
        )
        self.root = Root(path: "root")
        self.mounts =
            [
                Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
                Mount(
                    destination: "/dev",
                    type: "tmpfs",
                    source: "tmpfs",
                    options: ["nosuid", "noexec", "mode=755", "size=64k"]
                ),
                Mount(
                    destination: "/tmp",
                    type: "tmpfs",
                    source: "tmpfs",
                    options: ["nosuid", "nodev", "noexec", "mode=1777", "size=\(Self.temporaryBytes)"]
                ),
            ]
            + root.binds.map { bind in
                Mount(
                    destination: bind.destination,
                    type: "bind",
                    source: bind.source,
                    options: [bind.isDirectory ? "rbind" : "bind", "ro", "nosuid", "nodev"]
                )
            }
        self.linux = Linux(
            cgroupsPath: group,
            namespaces: ["pid", "ipc", "uts", "mount", "network", "user", "cgroup"].map(Linux.Namespace.init(type:)),
            uidMappings: identity.users,
            gidMappings: identity.groups,
            resources: Linux.Resources(
                memory: Linux.Resources.Memory(limit: spec.memory, swap: limitsSwap ? spec.memory : nil),
                cpu: Linux.Resources.CPU(
                    quota: max(Int(spec.cpu * Double(Self.period)), Self.shortestQuota),
                    period: Self.period,
                    shares: Self.shares
                ),
                pids: Linux.Resources.Processes(limit: spec.processes)
            ),
            seccomp: .relay,
            maskedPaths: [
                "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
            ],
            readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        )
    }

    /// What an instance gets of a processor that many want, beside the 1024 of whatever else the machine runs (`cpu.shares`;
    /// runtimes make a `cpu.weight` of it where the machine has version 2): everybody who watches waits with a relay.
    static let shares = 8192

    /// Files that a runtime has open besides while it makes a container.
    static let runtimeFiles = 32

    /// Bytes of /tmp; they count as memory of the instance.
    static let temporaryBytes = 16 << 20

    /// Microseconds over which processor time is counted, and the least of it the kernel gives.
    static let period = 100_000
    static let shortestQuota = 1000
}

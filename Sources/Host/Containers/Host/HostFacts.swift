internal import FoundationEssentials
internal import Linux

/// What of this machine decides how containers are made on it.
package struct HostFacts: Hashable, Sendable {
    package var user: UInt32
    package var cgroups: CgroupLayout

    /// Whether systemd runs the machine, and so owns its control groups.
    package var hasSystemd: Bool

    /// The one that this process runs in, where systemd runs the machine.
    package var slice = SystemdSlice.system

    /// How many user namespaces may be made; nil where the kernel has none.
    package var userNamespaces: Int?

    /// Whether Debian's or Ubuntu's switch keeps ordinary users from making them.
    package var keepsUserNamespacesToRoot: Bool

    /// The first of the ids that /etc/subuid and /etc/subgid let the user map, where the programs for it are there.
    package var subordinate: (user: UInt32, group: UInt32)? {
        get { self.subordinates.map { ($0[0], $0[1]) } }
        set { self.subordinates = newValue.map { [$0.user, $0.group] } }
    }
    private var subordinates: [UInt32]?

    /// Of who is not root; nil where there is none.
    package var session: UserSession?

    package var isRoot: Bool { self.user == 0 }

    /// What programs that make containers are told of who runs them, beside what every program is.
    var environment: [String: String] {
        guard !self.isRoot else { return [:] }
        let home = ProcessInfo.processInfo.environment["HOME"].map { ["HOME": $0] } ?? [:]
        return home.merging(self.session?.environment ?? [:]) { $1 }
    }

    package init(
        user: UInt32,
        cgroups: CgroupLayout,
        hasSystemd: Bool,
        userNamespaces: Int?,
        keepsUserNamespacesToRoot: Bool = false,
        session: UserSession? = nil
    ) {
        self.user = user
        self.cgroups = cgroups
        self.hasSystemd = hasSystemd
        self.userNamespaces = userNamespaces
        self.keepsUserNamespacesToRoot = keepsUserNamespacesToRoot
        self.session = session
    }

    package static func read() -> HostFacts {
        let limit = try? SmallFile.read("/proc/sys/user/max_user_namespaces")
        let restrictions = ["unprivileged_userns_clone": "0", "apparmor_restrict_unprivileged_userns": "1"]
        var facts = HostFacts(
            user: ProcessTree.user,
            cgroups: .read(),
            hasSystemd: SmallFile.kind(of: "/run/systemd/system")?.isDirectory == true,
            userNamespaces: limit.flatMap { Int($0.trimmingNewline) },
            keepsUserNamespacesToRoot: restrictions.contains { name, value in
                (try? SmallFile.read("/proc/sys/kernel/\(name)"))?.trimmingNewline == value
            }
        )
        let membership = (try? SmallFile.read("/proc/self/cgroup")) ?? ""
        facts.slice = SystemdSlice(membership: membership) ?? .system
        if let user = Self.subordinate("/etc/subuid", of: facts.user),
            let group = Self.subordinate("/etc/subgid", of: facts.user),
            Programs.find("newuidmap") != nil, Programs.find("newgidmap") != nil
        {
            facts.subordinate = (user, group)
        }
        if !facts.isRoot { facts.session = UserSession.read(of: facts.user, in: facts.cgroups) }
        return facts
    }

    /// `name:first:count`, the name perhaps a number (subuid(5)).
    private static func subordinate(_ file: String, of user: UInt32) -> UInt32? {
        // As newuidmap(1) finds it out: by the id, whatever `USER` says.
        let name = ProcessInfo.processInfo.userName
        let text = (try? SmallFile.read(file)) ?? ""
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":")
            guard fields.count == 3, fields[0] == "\(user)" || String(fields[0]) == name else { continue }
            return UInt32(fields[1])
        }
        return nil
    }

    /// Why containers cannot be made by this user on this machine; nil when they can.
    package var obstacle: RuntimeError? {
        guard self.userNamespaces ?? 0 > 0 else {
            return RuntimeError(
                .forbidden,
                "This kernel allows no user namespaces: set user.max_user_namespaces to 15000 with sysctl -w."
            )
        }
        guard self.cgroups.missing.isEmpty else {
            return RuntimeError(
                .forbidden,
                "This machine has no control groups for \(self.cgroups.missing.sorted().joined(separator: ", ")), so a "
                    + "relay could not be limited: mount them, or boot without cgroup_disable."
            )
        }
        guard !self.isRoot else { return nil }
        guard !self.keepsUserNamespacesToRoot else {
            return RuntimeError(
                .forbidden,
                "Only root may make user namespaces here: run as root, or allow them with sysctl -w "
                    + "kernel.unprivileged_userns_clone=1 (Debian) or "
                    + "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)."
            )
        }
        guard self.cgroups.version == .v2, self.hasSystemd else {
            return RuntimeError(
                .forbidden,
                "Without root, a relay can only be limited where control groups are version 2 and systemd runs the "
                    + "session; here they are \(self.cgroups.version.rawValue)"
                    + "\(self.hasSystemd ? "" : " and systemd does not run"): run as root."
            )
        }
        guard let session = self.session else {
            return RuntimeError(
                .forbidden,
                "Without root, relays are limited by the session that systemd runs for a user, and there is none of user "
                    + "\(self.user): log in as that user (su and sudo do not make one), or as root run loginctl "
                    + "enable-linger \(self.user); or run as root."
            )
        }
        return session.obstacle
    }
}

extension StringProtocol {
    package var trimmingNewline: String {
        String(self.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

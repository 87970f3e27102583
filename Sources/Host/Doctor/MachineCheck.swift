package import Containers
package import Contract
package import Linux

/// Whether this machine can run relays as it is asked to, in plain words.
package enum MachineCheck {
    /// What was found, for the isolation that the configuration asks for, the bytes of memory that all relays together may
    /// use, and the descriptors that the host process may come to need: one a connection.
    package static func all(isolation: Isolation, memory: Int, openFiles: Int) async -> [DoctorCheck] {
        let facts = HostFacts.read()
        var checks = [await self.runtime(isolation)]
        if isolation != .none { checks += self.containers(facts) }
        checks += [
            self.kernel((try? SmallFile.read("/proc/sys/kernel/osrelease")) ?? ""),
            self.openFiles(OpenFileLimit.raise(), needed: openFiles),
            self.memory((try? SmallFile.read("/proc/meminfo")) ?? "", needed: memory),
            self.clock(try? ClockState.read()),
        ]
        return checks
    }

    private static func runtime(_ isolation: Isolation) async -> DoctorCheck {
        guard isolation != .none else { return DoctorCheck("runtime", .warning, BareRuntime.warning) }
        guard let path = Programs.find(isolation.rawValue) else {
            return DoctorCheck("runtime", .problem, RuntimeError.missing(isolation).description)
        }
        guard let version = await RuntimeProgram.version(isolation, at: path) else {
            let sentence = "\(path) does not say its version: install \(isolation.rawValue) anew."
            return DoctorCheck("runtime", .problem, sentence)
        }
        return DoctorCheck("runtime", .good, "\(isolation.rawValue) \(version) is installed (\(path)).")
    }

    package static func containers(_ facts: HostFacts) -> [DoctorCheck] {
        let who =
            facts.isRoot
            ? DoctorCheck("user", .good, "Runs as root, so that containers get users of their own.")
            : DoctorCheck(
                "user",
                facts.subordinate == nil ? .warning : .good,
                facts.subordinate == nil
                    ? "Runs as user \(facts.user), who has no ids in /etc/subuid: relays run as that user, in containers. "
                        + "Give it some with usermod --add-subuids 100000-165535 --add-subgids 100000-165535, and install "
                        + "uidmap."
                    : "Runs as user \(facts.user), whose relays get users from /etc/subuid."
            )
        let cgroups = facts.cgroups
        let groups = DoctorCheck(
            "control groups",
            cgroups.missing.isEmpty ? .good : .problem,
            cgroups.missing.isEmpty
                ? "Control groups are \(cgroups.version.rawValue), with memory, cpu and pids."
                : "Control groups (\(cgroups.version.rawValue)) have no \(cgroups.missing.sorted().joined(separator: ", ")): "
                    + "boot without cgroup_disable, or mount them."
        )
        let namespaces =
            facts.obstacle.map { DoctorCheck("containers", .problem, $0.description) }
            ?? DoctorCheck("containers", .good, "User namespaces are allowed, \(facts.userNamespaces ?? 0) of them.")
        return [who, groups, namespaces]
    }

    /// pidfd as a handle for waiting came with 5.4.
    package static func kernel(_ release: String) -> DoctorCheck {
        let release = release.trimmingNewline
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, numbers[0] > 5 || (numbers[0] == 5 && numbers[1] >= 4) else {
            return DoctorCheck("kernel", .problem, "Linux \(release) is too old: 5.4 or newer is needed.")
        }
        if numbers[0] == 5, numbers[1] < 11 {
            let sentence = "Linux \(release) keeps time to 1 ms when waiting; from 5.11 on it is exact."
            return DoctorCheck("kernel", .warning, sentence)
        }
        return DoctorCheck("kernel", .good, "Linux \(release).")
    }

    package static func openFiles(_ limit: Int, needed: Int) -> DoctorCheck {
        guard limit < needed else {
            return DoctorCheck("open files", .good, "Up to \(limit) files may be open at once.")
        }
        return DoctorCheck(
            "open files",
            .warning,
            "Only \(limit) files may be open at once, and \(needed) may be needed: raise the limit with LimitNOFILE= in the "
                + "unit, or ulimit -n."
        )
    }

    /// `MemAvailable:    1234 kB` of proc_meminfo(5).
    package static func memory(_ text: String, needed: Int) -> DoctorCheck {
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let words = line?.split(separator: " ") ?? []
        guard words.count >= 2, let kilobytes = Int(words[1]) else {
            return DoctorCheck("memory", .warning, "This machine does not say how much memory is free.")
        }
        let available = kilobytes >> 10
        guard kilobytes << 10 < needed else {
            return DoctorCheck("memory", .good, "\(available) MiB of memory are free.")
        }
        return DoctorCheck(
            "memory",
            .warning,
            "\(available) MiB of memory are free, and the relays may use \(needed >> 20) MiB: lower limits.memory, or add some."
        )
    }

    package static func clock(_ state: ClockState?) -> DoctorCheck {
        guard let state, state.isSynchronised else {
            return DoctorCheck(
                "clock",
                .warning,
                "No time service keeps the clock right, so rooms cannot be kept in step: timedatectl set-ntp true, or "
                    + "install chrony."
            )
        }
        let milliseconds = state.error.nanoseconds / 1_000_000
        return DoctorCheck("clock", .good, "The clock is kept right by a time service, to within \(milliseconds) ms.")
    }
}

package import Contract
package import Linux

/// Whether this machine can run relays as it is asked to, in plain words.
package enum HostCheck {
    /// What was found, for the isolation that the configuration asks for, the bytes of memory that all relays together may
    /// use, and the descriptors that the host process may come to need: one a connection.
    package static func findings(isolation: Isolation, memory: Int, openFiles: Int) async -> [Finding] {
        let facts = HostFacts.read()
        var findings = [await self.runtime(isolation)]
        if isolation != .none { findings += self.containers(facts) }
        findings += [
            self.kernel((try? SmallFile.read("/proc/sys/kernel/osrelease")) ?? ""),
            self.openFiles(OpenFileLimit.raise(), needed: openFiles),
            self.memory((try? SmallFile.read("/proc/meminfo")) ?? "", needed: memory),
            self.clock(try? ClockState.read()),
        ]
        return findings
    }

    private static func runtime(_ isolation: Isolation) async -> Finding {
        guard isolation != .none else { return Finding("runtime", .warning, BareRuntime.warning) }
        guard let path = Programs.find(isolation.rawValue) else {
            return Finding("runtime", .problem, RuntimeError.missing(isolation).description)
        }
        guard let version = await RuntimeProgram.version(isolation, at: path) else {
            return Finding("runtime", .problem, "\(path) does not say its version: install \(isolation.rawValue) anew.")
        }
        return Finding("runtime", .ok, "\(isolation.rawValue) \(version) is installed (\(path)).")
    }

    package static func containers(_ facts: HostFacts) -> [Finding] {
        let who =
            facts.isRoot
            ? Finding("user", .ok, "Runs as root, so that containers get users of their own.")
            : Finding(
                "user",
                facts.subordinate == nil ? .warning : .ok,
                facts.subordinate == nil
                    ? "Runs as user \(facts.user), who has no ids in /etc/subuid: relays run as that user, in containers. "
                        + "Give it some with usermod --add-subuids 100000-165535 --add-subgids 100000-165535, and install "
                        + "uidmap."
                    : "Runs as user \(facts.user), whose relays get users from /etc/subuid."
            )
        let cgroups = facts.cgroups
        let groups = Finding(
            "control groups",
            cgroups.missing.isEmpty ? .ok : .problem,
            cgroups.missing.isEmpty
                ? "Control groups are \(cgroups.version.rawValue), with memory, cpu and pids."
                : "Control groups (\(cgroups.version.rawValue)) have no \(cgroups.missing.sorted().joined(separator: ", ")): "
                    + "boot without cgroup_disable, or mount them."
        )
        let namespaces =
            facts.obstacle.map { Finding("containers", .problem, $0.description) }
            ?? Finding("containers", .ok, "User namespaces are allowed, \(facts.userNamespaces ?? 0) of them.")
        return [who, groups, namespaces]
    }

    /// pidfd as a handle for waiting came with 5.4.
    package static func kernel(_ release: String) -> Finding {
        let release = release.trimmingNewline
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, numbers[0] > 5 || (numbers[0] == 5 && numbers[1] >= 4) else {
            return Finding("kernel", .problem, "Linux \(release) is too old: 5.4 or newer is needed.")
        }
        if numbers[0] == 5, numbers[1] < 11 {
            let sentence = "Linux \(release) keeps time to 1 ms when waiting; from 5.11 on it is exact."
            return Finding("kernel", .warning, sentence)
        }
        return Finding("kernel", .ok, "Linux \(release).")
    }

    package static func openFiles(_ limit: Int, needed: Int) -> Finding {
        guard limit < needed else { return Finding("open files", .ok, "Up to \(limit) files may be open at once.") }
        return Finding(
            "open files",
            .warning,
            "Only \(limit) files may be open at once, and \(needed) may be needed: raise the limit with LimitNOFILE= in the "
                + "unit, or ulimit -n."
        )
    }

    /// `MemAvailable:    1234 kB` of proc_meminfo(5).
    package static func memory(_ text: String, needed: Int) -> Finding {
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let words = line?.split(separator: " ") ?? []
        guard words.count >= 2, let kilobytes = Int(words[1]) else {
            return Finding("memory", .warning, "This machine does not say how much memory is free.")
        }
        let available = kilobytes >> 10
        guard kilobytes << 10 < needed else { return Finding("memory", .ok, "\(available) MiB of memory are free.") }
        return Finding(
            "memory",
            .warning,
            "\(available) MiB of memory are free, and the relays may use \(needed >> 20) MiB: lower limits.memory, or add some."
        )
    }

    package static func clock(_ state: ClockState?) -> Finding {
        guard let state, state.isSynchronised else {
            return Finding(
                "clock",
                .warning,
                "No time service keeps the clock right, so rooms cannot be kept in step: timedatectl set-ntp true, or "
                    + "install chrony."
            )
        }
        let milliseconds = state.error.nanoseconds / 1_000_000
        return Finding("clock", .ok, "The clock is kept right by a time service, to within \(milliseconds) ms.")
    }
}

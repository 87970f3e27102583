package import Contract
internal import Linux

/// A program that keeps to the OCI runtime command line, and how it is called on this machine.
package struct RuntimeProgram: Sendable {
    let isolation: Isolation
    let path: String

    /// Where it keeps what it knows of containers.
    let state: String
    let usesSystemd: Bool

    /// Where scopes are made.
    private let slice: String
    private let environment: [String: String]

    /// Whether version 2 control groups beside version 1 are to be kept from its sight.
    let hidesUnified: String?

    init(isolation: Isolation, path: String, state: String, facts: HostFacts) {
        self.isolation = isolation
        self.path = path
        self.state = state
        self.usesSystemd = facts.hasSystemd
        // A user's systemd has a tree of its own, which begins with the user's slice.
        self.slice = facts.isRoot ? facts.slice.name : "user.slice"
        self.environment = Command.path.merging(facts.environment) { $1 }
        // crun up to 1.14 refuses hybrid hosts, although it would only need version 1 there.
        let unified = facts.cgroups.hierarchies.first { $0.isUnified }
        self.hidesUnified =
            isolation == .crun && facts.cgroups.version == .hybrid && facts.isRoot ? unified?.path : nil
    }

    static func find(_ isolation: Isolation) throws(RuntimeError) -> String {
        guard let path = Programs.find(isolation.rawValue) else { throw .missing(isolation) }
        return path
    }

    /// The command that makes it do something; what goes wrong is written to `log`.
    func command(_ words: [String], log: String? = nil) -> Command {
        var all = ["--root", self.state]
        if let log { all += ["--log", log, "--log-format", "json"] }
        if self.usesSystemd { all.append("--systemd-cgroup") }
        all += words
        guard let hidden = self.hidesUnified else { return Command(self.path, all, environment: self.environment) }
        // The mount namespace is the command's own: nobody else sees the unmounting.
        let script = "umount -l \"$1\" && shift && exec \"$@\""
        return Command(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "private", "sh", "-c", script, "sh", hidden, self.path] + all
        )
    }

    /// The instance's control group, as the runtime wants it named. A group of its own at the top, so that none is left
    /// when it is removed; under systemd a scope.
    func group(of id: InstanceID) -> String {
        guard self.usesSystemd else { return "/\(id)" }
        let prefix = "transponder"
        let name = id.rawValue.dropFirst(prefix.count + 1)
        return "\(self.slice):\(prefix):\(name)"
    }

    package static func version(_ isolation: Isolation, at path: String) async -> String? {
        let outcome = try? await Command(path, ["--version"]).run(within: .seconds(5))
        guard let outcome, outcome.hasSucceeded else { return nil }
        let line = outcome.output.split(separator: "\n").first ?? ""
        return line.split(separator: " ").last.map(String.init)
    }
}

extension RuntimeError {
    package static func missing(_ isolation: Isolation) -> RuntimeError {
        RuntimeError(
            .missing,
            "\(isolation.rawValue) is not installed: apt-get install \(isolation.rawValue) (Debian, Ubuntu) or "
                + "dnf install \(isolation.rawValue) (Fedora), or set isolation to another of "
                + Isolation.allCases.filter { $0 != isolation && $0 != .none }.map(\.rawValue).joined(separator: ", ")
                + ". Without a container a relay runs only with isolation: none."
        )
    }
}

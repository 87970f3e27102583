/// The slice of systemd that this process runs in: limits of a slice hold for all its services and scopes together.
///
/// Relays get scopes beside the host's own service, so that what the operator allows the slice (`MemoryMax=`, `CPUQuota=`)
/// is what host and relays have together.
package struct SystemdSlice: Hashable, Sendable {
    /// As `systemctl` has it: `transponder.slice`.
    package let name: String

    /// Where the machine's own services run.
    package static let system = SystemdSlice(name: "system.slice")

    private init(name: String) {
        self.name = name
    }

    /// - Parameter membership: what /proc/self/cgroup says (cgroups(7)): `hierarchy:controllers:path` a line. Nil where
    ///   systemd has put the process into no slice, or into that of a login.
    package init?(membership: String) {
        let groups = membership.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        // Systemd's own hierarchy is the one named for it, or the only one of version 2.
        let own =
            groups.first { $0.count == 3 && $0[1] == "name=systemd" } ?? groups.first { $0.count == 3 && $0[0] == "0" }
        let path = own?[2].split(separator: "/") ?? []
        // What was started in somebody's login session is to outlive it; a user's slice ends with the last one.
        guard path.first != "user.slice", let name = path.last(where: { $0.hasSuffix(".slice") }) else { return nil }
        self.name = String(name)
    }
}

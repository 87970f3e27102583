package import Linux

/// Which control group hierarchies the machine has, and where (cgroups(7)).
package struct CgroupLayout: Hashable, Sendable {
    package enum Version: String, Hashable, Sendable {
        case v1 = "version 1"
        case v2 = "version 2"
        /// Version 1, with an empty version 2 hierarchy beside it for systemd's own use.
        case hybrid = "version 1 with version 2 beside it"
        case none = "none"
    }

    package struct Hierarchy: Hashable, Sendable {
        /// Where it is mounted.
        package let path: String
        package let isUnified: Bool
        package let controllers: Set<String>
    }

    package let version: Version
    package let hierarchies: [Hierarchy]

    /// - Parameters:
    ///   - mounts: the mount table.
    ///   - unified: the controllers of the version 2 hierarchy mounted at a path.
    package init(mounts: [MountTable.Entry], unified: (String) -> Set<String>) {
        var seen: Set<String> = []
        self.hierarchies = mounts.compactMap { mount in
            guard ["cgroup", "cgroup2"].contains(mount.kind), seen.insert(mount.path).inserted else { return nil }
            let isUnified = mount.kind == "cgroup2"
            let controllers = isUnified ? unified(mount.path) : Self.known.intersection(mount.options)
            return Hierarchy(path: mount.path, isUnified: isUnified, controllers: controllers)
        }
        let kinds = Set(self.hierarchies.map(\.isUnified))
        switch kinds {
        case [true]: self.version = .v2
        case [false]: self.version = .v1
        case [true, false]: self.version = .hybrid
        default: self.version = .none
        }
    }

    package static func read() -> CgroupLayout {
        CgroupLayout(mounts: MountTable.entries()) { path in
            let text = (try? SmallFile.read("\(path)/cgroup.controllers")) ?? ""
            return Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
        }
    }

    private static let known: Set<String> = [
        "blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "net_cls", "net_prio",
        "perf_event", "pids", "rdma",
    ]

    /// What the limits of an instance are made of.
    package static let needed: Set<String> = ["cpu", "memory", "pids"]

    package var missing: Set<String> {
        Self.needed.subtracting(self.hierarchies.reduce(into: []) { $0.formUnion($1.controllers) })
    }

    /// Where swapping is not accounted for, asking for a limit of it is an error.
    package var limitsSwap: Bool {
        self.hierarchies.contains { hierarchy in
            guard hierarchy.controllers.contains("memory") else { return false }
            guard hierarchy.isUnified else {
                return SmallFile.kind(of: "\(hierarchy.path)/memory.memsw.limit_in_bytes") != nil
            }
            // The root has no limits; any group below it has what the kernel offers.
            let groups = (try? Directory.entries(of: hierarchy.path)) ?? []
            return groups.contains { SmallFile.kind(of: "\(hierarchy.path)/\($0)/memory.swap.max") != nil }
        }
    }
}

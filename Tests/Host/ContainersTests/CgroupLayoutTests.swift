import Containers
import Linux
import Testing

@Suite struct CgroupLayoutTests {
    private static let v1 = [
        "30 24 0:26 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory",
        "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:10 - cgroup cgroup rw,cpu,cpuacct",
        "32 24 0:28 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids",
        "33 24 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
    ]
    private static let unified = "34 24 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate"
    private static let v2 = "25 22 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"

    private static func layout(_ lines: [String], unified: Set<String> = []) -> CgroupLayout {
        CgroupLayout(mounts: lines.compactMap { MountTable.entry($0) }) { _ in unified }
    }

    @Test func versionsAreToldApart() {
        #expect(Self.layout(Self.v1).version == .v1)
        #expect(Self.layout(Self.v1 + [Self.unified], unified: ["hugetlb"]).version == .hybrid)
        #expect(Self.layout([Self.v2], unified: ["cpu", "memory", "pids"]).version == .v2)
        #expect(Self.layout([]).version == .none)
    }

    @Test func missingControllersAreNamed() {
        #expect(Self.layout(Self.v1 + [Self.unified]).missing.isEmpty)
        #expect(Self.layout([Self.v2], unified: ["cpu", "io"]).missing == ["memory", "pids"])
        #expect(Self.layout(Array(Self.v1.dropFirst())).missing == ["memory"])
        #expect(Self.layout([]).missing == CgroupLayout.needed)
    }

    @Test func escapedPathsAreRead() {
        let entry = MountTable.entry(#"30 24 0:26 / /media/a\040b rw - ext4 /dev/x\134y rw"#)
        #expect(entry?.path == "/media/a b")
        #expect(entry?.kind == "ext4")
        #expect(MountTable.entry("30 24 0:26 / /mnt") == nil)
    }
}

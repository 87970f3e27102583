import Containers
import Linux
import Testing

@Suite struct HostFactsTests {
    private static func facts(
        user: UInt32 = 0,
        _ mount: String,
        systemd: Bool = true,
        session: Set<String>? = ["cpu", "memory", "pids"]
    ) -> HostFacts {
        HostFacts(
            user: user,
            cgroups: CgroupLayout(mounts: [mount].compactMap { MountTable.entry($0) }) { _ in ["cpu", "memory", "pids"]
            },
            hasSystemd: systemd,
            userNamespaces: 1000,
            session: session.map { UserSession(directory: "/run/user/1000", controllers: $0) }
        )
    }

    private static let v2 = "25 22 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
    private static let v1 = "30 24 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,memory,cpu,pids"

    @Test func rootNeedsNamespacesAndControllers() {
        #expect(Self.facts(Self.v1).obstacle == nil)
        #expect(Self.facts(Self.v2, systemd: false).obstacle == nil)
        #expect(Self.facts("").obstacle?.description.contains("cpu, memory, pids") == true)
        var none = Self.facts(Self.v2)
        none.userNamespaces = 0
        #expect(none.obstacle?.description.contains("user.max_user_namespaces") == true)
    }

    @Test func othersNeedASessionOfSystemdWithVersion2() {
        #expect(Self.facts(user: 1000, Self.v2).obstacle == nil)
        for facts in [Self.facts(user: 1000, Self.v1), Self.facts(user: 1000, Self.v2, systemd: false)] {
            #expect(facts.obstacle?.kind == .forbidden)
            #expect(facts.obstacle?.description.contains("run as root") == true)
        }
        let alone = Self.facts(user: 1000, Self.v2, session: nil).obstacle
        #expect(alone?.description.contains("loginctl enable-linger 1000") == true)
        let partly = Self.facts(user: 1000, Self.v2, session: ["memory", "pids"]).obstacle
        #expect(partly?.description.contains("limit no cpu: as root, write") == true)
        var kept = Self.facts(user: 1000, Self.v2)
        kept.keepsUserNamespacesToRoot = true
        #expect(kept.obstacle?.description.contains("unprivileged_userns_clone") == true)
    }
}

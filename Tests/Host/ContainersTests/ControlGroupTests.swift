import Containers
import Foundation
import Linux
import Testing
import Toolkit

/// What the kernel says of a group, in the words of both versions (cgroups(7), sched-bwc).
@Suite struct ControlGroupTests {
    private static func group(_ scratch: Scratch, isUnified: Bool, _ files: [String: String]) throws -> ControlGroup {
        try FileManager.default.createDirectory(at: scratch.file("relay-1"), withIntermediateDirectories: true)
        for (name, text) in files { _ = try scratch.write(text.utf8, to: "relay-1/\(name)") }
        let kind = isUnified ? "cgroup2 cgroup2 rw" : "cgroup cgroup rw,cpu,memory"
        let mount = try #require(MountTable.entry("30 24 0:26 / \(scratch.directory.path) rw - \(kind)"))
        return ControlGroup(of: "relay-1", in: CgroupLayout(mounts: [mount]) { _ in ["cpu", "memory"] })
    }

    @Test func timeWithoutProcessorIsCountedByBothVersions() throws {
        let first = try Scratch("cgroup")
        let old = try Self.group(
            first,
            isUnified: false,
            ["cpu.stat": "nr_periods 10\nnr_throttled 3\nthrottled_time 1500000000\n"]
        )
        #expect(old.throttled == .milliseconds(1500))
        let second = try Scratch("cgroup")
        let new = try Self.group(
            second,
            isUnified: true,
            ["cpu.stat": "usage_usec 5\nnr_throttled 3\nthrottled_usec 1500000\n"]
        )
        #expect(new.throttled == .milliseconds(1500))
        withExtendedLifetime((first, second)) {}
    }

    @Test func whatIsNotSaidIsNotMadeUp() throws {
        let scratch = try Scratch("cgroup")
        #expect(try Self.group(scratch, isUnified: true, [:]).throttled == nil)
        for text in ["", "throttled_usec", "throttled_usec many\n", "throttled_time 99999999999999999999\n"] {
            #expect(try Self.group(scratch, isUnified: true, ["cpu.stat": text]).throttled == nil, "\(text)")
        }
    }
}

import Foundation
import Linux
import Testing
import Toolkit

@Suite struct OwnControlGroupTests {
    /// A tree of control groups as the kernel shows one.
    private struct Tree {
        let scratch: Scratch

        init(_ membership: String) throws {
            self.scratch = try Scratch("groups")
            _ = try self.scratch.write(membership.utf8, to: "membership")
        }

        func write(_ text: String, to group: String) throws {
            let folder = "\(self.root)\(group)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try SmallFile.write(text, to: "\(folder)/cpu.stat")
        }

        var root: String { self.scratch.file("root").path }

        var throttled: Duration? {
            OwnControlGroup(root: self.root, membership: self.scratch.file("membership").path).throttled
        }
    }

    @Test func eitherVersionOfTheKernelsGroupsIsRead() throws {
        let unified = try Tree("0::/pod/relay\n")
        #expect(unified.throttled == nil)
        try unified.write("usage_usec 7\nnr_throttled 3\nthrottled_usec 1500\n", to: "/pod/relay")
        #expect(unified.throttled == .microseconds(1500))
        let first = try Tree("5:cpu,cpuacct:/pod/relay\n3:memory:/pod\n1:name=systemd:/init.scope\n")
        try first.write("nr_periods 9\nnr_throttled 3\nthrottled_time 2500\n", to: "/cpu,cpuacct/pod/relay")
        #expect(first.throttled == .nanoseconds(2500))
        let named = try Tree("5:cpu,cpuacct:/pod/relay\n")
        try named.write("throttled_time 7\n", to: "/cpu/pod/relay")
        #expect(named.throttled == .nanoseconds(7))
    }

    /// What is mounted in a container is the group itself, and the path is the one that it has outside.
    @Test func aContainerSeesItsOwnGroupAlone() throws {
        let tree = try Tree("5:cpu:/docker/1234\n")
        try tree.write("throttled_time 9\n", to: "/cpu")
        #expect(tree.throttled == .nanoseconds(9))
    }

    @Test(arguments: [
        "", "throttled_usec", "throttled_usec x", "throttled_usec -1", "throttled_time 99999999999999999999",
        "usage_usec 5",
    ])
    func whatSaysNothingIsNoTime(text: String) throws {
        #expect(OwnControlGroup.throttled(in: text) == nil)
        let tree = try Tree("0::/\n")
        try tree.write(text, to: "/")
        #expect(tree.throttled == nil)
    }

    @Test func aProcessWithoutGroupsHasNone() throws {
        #expect(try Tree("").throttled == nil)
        #expect(try Tree("nonsense\n0:\n:::\n").throttled == nil)
        #expect(OwnControlGroup(root: "/nowhere", membership: "/nowhere").throttled == nil)
    }
}

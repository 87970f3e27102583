import Containers
import Contract
import Linux
import Testing

@Suite struct RootFileSystemTests {
    private static let directory = FileKind(mode: 0o040755)
    private static let file = FileKind(mode: 0o100644)

    /// Nothing of the host but what the program loads, each at the place where the loader looks for it.
    @Test func librariesAreBoundOneByOne() {
        let root = RootFileSystem(
            program: "/opt/relay/bin/transponder-relay",
            standard: [
                "/lib/libz.so.1": "/lib/libz.so.1", "/usr/lib/libz.so.1": "/usr/lib/libz.so.1",
                "/lib64/ld.so": "/lib64/ld.so",
            ],
            libraries: ["libswiftCore.so": "/opt/swift/libswiftCore.so"],
            root: nil,
            entries: ["usr", "bin", "lib", "lib64"],
            kind: { ["/usr": Self.directory, "/lib64": Self.directory, "/etc/ld.so.cache": Self.file][$0] },
            link: { ["/bin": "usr/bin", "/lib": "usr/lib"][$0] }
        )
        #expect(root.links.map(\.path) == ["/bin", "/lib"])
        #expect(
            root.binds.map(\.destination) == [
                "/etc/ld.so.cache", "/lib64/ld.so", "/usr/lib/libz.so.1", "/transponder/transponder-relay",
                "/transponder/lib/libswiftCore.so",
            ]
        )
        #expect(root.binds.allSatisfy { !$0.isDirectory })
        #expect(root.hasLibraries)
    }

    @Test func whatAProgramLoadsLaterIsReadFromItsOwnWords() {
        let names = ["libavformat.so.59", "libsrt.so.1.5"]
        #expect(SharedLibraries.names(in: names.joined(separator: "\n") + "\n") == names)
        for text in ["", "Error: Unknown option", "/lib/libz.so.1", "libz", "libz.so:/etc", "lib\u{7f}.so"] {
            #expect(SharedLibraries.names(in: text) == [], "\(text)")
        }
    }

    @Test func aGivenRootTakesThePlaceOfTheHosts() {
        let root = RootFileSystem(
            program: "/opt/relay",
            libraries: [:],
            root: "/srv/root",
            entries: ["usr", "opt"],
            kind: { $0.hasPrefix("/srv/root/") ? Self.directory : Self.file },
            link: { _ in nil }
        )
        #expect(root.binds.map(\.source) == ["/srv/root/opt", "/srv/root/usr", "/opt/relay"])
        #expect(!root.hasLibraries)
    }

    @Test func theLoadersListIsRead() {
        let list = SharedLibraries.parse(
            """
            \tlinux-vdso.so.1 (0x00007fff)
            \tlibswiftCore.so => /opt/my swift/libswiftCore.so (0x00007f01)
            \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f00)
            \tlibgone.so.1 => not found
            \t/lib64/ld-linux-x86-64.so.2 (0x00007f02)
            """
        )
        #expect(list.found["libswiftCore.so"] == "/opt/my swift/libswiftCore.so")
        #expect(list.found["libc.so.6"] == "/lib/x86_64-linux-gnu/libc.so.6")
        #expect(list.found.count == 2)
        #expect(list.missing == ["libgone.so.1"])
    }

    @Test func instancesAreUsersOfNoAccount() throws {
        let ids = try (1...50).map { try InstanceID(RelayName("live"), nonce: $0) }
        let identities = ids.map(InstanceIdentity.ofRoot)
        for identity in identities {
            #expect(identity.inside == 65534)
            #expect(identity.users.map(\.containerID) == [0, 65534])
            #expect(identity.users.allSatisfy { $0.hostID >= InstanceIdentity.firstID && $0.size == 1 })
            #expect(identity.users == identity.groups)
        }
        #expect(Set(identities.map { $0.users[0].hostID }).count > 45)
        let ordinary = InstanceIdentity.of(user: 1000, group: 1000, subordinate: nil)
        #expect(ordinary.inside == 0)
        #expect(InstanceIdentity.of(user: 1000, group: 1000, subordinate: (100_000, 100_000)).inside == 65534)
    }
}

import Containers
import Contract
import Foundation
import Linux
import Testing
import Toolkit

/// Runtimes and disks that do not do what they should.
@Suite(.serialized) struct TroubleTests {
    private static let short = RuntimeDeadlines(
        create: .seconds(1),
        start: .seconds(1),
        kill: .seconds(2),
        delete: .milliseconds(500)
    )

    /// runc, except for one thing it is asked to do.
    private static func fake(_ verb: String, _ script: String, in scratch: Scratch) throws -> String {
        let path = try scratch.write(
            """
            #!/bin/sh
            for word; do [ "$word" != \(verb) ] || { \(script); }; done
            exec runc "$@"
            """.utf8,
            to: "fake-\(verb)"
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: Machine.runtimes.contains(.runc)), arguments: ["create", "start"])
    func aRuntimeThatHangsIsKilled(verb: String) async throws {
        let scratch = try Scratch("fakes")
        let mark = scratch.file("hung").path
        let fake = try Self.fake(verb, "echo $$ >'\(mark)'; sleep 1000; exit", in: scratch)
        let bench = try Bench(.runc, program: fake, deadlines: Self.short)
        let spec = try Bench.spec(["wait"])
        let begun = ContinuousClock.now
        let error = await #expect(throws: RuntimeError.self) { try await bench.start(spec) }
        #expect(error?.kind == .timedOut)
        #expect(error?.description.contains("runc \(verb) did not end") == true)
        #expect(ContinuousClock.now - begun < .seconds(8))
        let shell = try #require(Int32(String(contentsOfFile: mark, encoding: .utf8).filter(\.isNumber)))
        #expect(ProcessTree.startTime(of: shell) == nil)
        #expect(bench.traces(of: spec.id).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: bench.base))
    }

    @Test(
        .timeLimit(.minutes(1)),
        .enabled(if: Machine.runtimes.contains(.runc)),
        arguments: ["sleep 1000", "exit 1", "exit 0"]
    )
    func aDeletionThatDoesNotHappenIsDoneByHand(script: String) async throws {
        let scratch = try Scratch("fakes")
        let fake = try Self.fake("delete", script + "; exit", in: scratch)
        let bench = try Bench(.runc, program: fake, deadlines: Self.short)
        let guest = try await bench.start(["wait"])
        #expect(await guest.next() == "ready 1\n")
        try await guest.instance.remove()
        #expect(bench.traces(of: guest.instance.id).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: bench.base))
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: Machine.runtimes.contains(.runc)))
    func whatARuntimeSaysIsPassedOn() async throws {
        let scratch = try Scratch("fakes")
        let script = "echo 'mkdir /x: no space left on device' >&2; exit 1"
        let bench = try Bench(.runc, program: Self.fake("create", script, in: scratch))
        let error = await #expect(throws: RuntimeError.self) { try await bench.start(["wait"]) }
        #expect(error?.kind == .storage)
        #expect(error?.description.contains("mkdir /x: no space left on device") == true)
        #expect(!FileManager.default.fileExists(atPath: bench.base))
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: Machine.runtimes.contains(.runc)))
    func aRuntimeThatIsNotThereIsNamed() async throws {
        let bench = try Bench(.runc, program: "/nowhere/runc")
        let error = await #expect(throws: RuntimeError.self) { try await bench.start(["wait"]) }
        #expect(error?.kind == .missing)
        #expect(error?.description.contains("/nowhere/runc") == true)
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: Machine.runtimes.contains(.runc)))
    func aFullDiskAndAMissingRightAreSaidSo() async throws {
        let scratch = try Scratch("full")
        let mount = scratch.file("disk").path
        try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
        try await Program.run("mount", ["-t", "tmpfs", "-o", "size=64k,nr_inodes=16,mode=755", "none", mount])
        let runtime = try OCIRuntime(.runc, directory: mount)
        let pair = try TCPSocket.pair()
        let spec = try Bench.spec(["wait"])
        let full = try pair.second.duplicate()
        let error = await #expect(throws: RuntimeError.self) {
            try await Self.start(runtime, spec, full)
        }
        #expect(error?.kind == .storage)
        #expect(error?.description.contains("No space left on device") == true, "\(error?.description ?? "")")
        try await Program.run("umount", [mount])

        let blocked = try OCIRuntime(.runc, directory: "/proc/transponder")
        let other = try pair.second.duplicate()
        let refused = await #expect(throws: RuntimeError.self) { try await Self.start(blocked, spec, other) }
        #expect(refused?.kind == .storage)
        #expect(refused?.description.contains("/proc/transponder") == true)
    }

    private static func start(
        _ runtime: OCIRuntime,
        _ spec: InstanceSpec,
        _ control: borrowing OwnedDescriptor
    ) async throws {
        _ = try await runtime.start(spec, control: control.duplicate()) { _ in }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.withPodman + [.none])
    func whatADeadHostHasLeftIsRemovedAndNothingElse(isolation: Isolation) async throws {
        let bench = try Bench { base -> any ContainerRuntime in
            switch isolation {
            case .none: BareRuntime(directory: base)
            case .podman: try PodmanRuntime(directory: base)
            case .runc, .crun: try OCIRuntime(isolation, directory: base)
            }
        }
        let arguments = [isolation.rawValue, bench.base, try Checkout.product("escape")]
        let dying = try Program.start(try Checkout.product("abandon"), arguments)
        let living = try Program.start(try Checkout.product("abandon"), arguments)
        let dead = try await dying.line(containing: "started ", within: .seconds(20)).split(separator: " ")
        let alive = try await living.line(containing: "started ", within: .seconds(20)).split(separator: " ")
        let orphan = try ProcessHandle.open(try #require(Int32(dead[2])))
        dying.signal(9)
        _ = try await dying.result(within: .seconds(10))

        let sentences = await bench.runtime.removeLeftovers()
        #expect(sentences == ["Removed \(dead[1]), which still ran, of a host process that died."])
        let hasEnded = orphan.awaitEnd(until: MonotonicClock.now.advanced(by: .seconds(2)))
        #expect(hasEnded)
        #expect(bench.traces(named: String(dead[1])).isEmpty)
        #expect(!bench.traces(named: String(alive[1])).isEmpty)
        #expect(ProcessTree.startTime(of: try #require(Int32(alive[2]))) != nil)

        living.signal(9)
        _ = try await living.result(within: .seconds(10))
        #expect(await bench.runtime.removeLeftovers().count == 1)
        #expect(bench.traces(named: String(alive[1])).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: bench.base))
        guard isolation == .podman else { return }
        let left = try await Program.run("podman", ["ps", "--all", "--format", "{{.Names}}"]).outputText
        for name in [dead[1], alive[1]] { #expect(!left.contains(name)) }
    }
}

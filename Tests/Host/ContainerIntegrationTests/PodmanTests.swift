import Containers
import Contract
import Foundation
import Glibc
import Linux
import Testing
import Toolkit

@Suite(.serialized, .enabled(if: Machine.obstacle(to: .podman) == nil, "\(Machine.obstacle(to: .podman) ?? "")"))
struct PodmanTests {
    @Test(.timeLimit(.minutes(2)))
    func podmanHoldsTheSameLine() async throws {
        let bench = try Bench { try PodmanRuntime(directory: $0) }
        let secret = try bench.scratch.write("secret".utf8, to: "secret")
        let guest = try await bench.start(["everything", secret, bench.base])
        let report = await guest.report()
        #expect(await guest.instance.ending() == .exited(code: 0), "\(guest.said.lines)")
        try await guest.instance.remove()
        // Podman gives every container files of its own for the names of users and hosts, a /sys and a /run.
        let harmless: Set<String> = ["etc-passwd", "dot-dot", "run", "var", "sys"]
        let facts: Set<String> = ["unix-socket-works", "processes-seen", "interfaces-seen", "user", "everything-tried"]
        for attempt in report where !facts.contains(attempt.name) && !harmless.contains(attempt.name) {
            #expect(attempt.value != 0, "\(attempt.name) worked")
        }
        let values = Dictionary(report.map { ($0.name, $0.value) }) { first, _ in first }
        #expect(values["everything-tried"] == 1)
        #expect(values["processes-seen"] == 1)
        #expect(values["interfaces-seen"] == 1)
        #expect(values["socket-inet"] == Int(EPERM))
        #expect(!FileManager.default.fileExists(atPath: bench.base))
    }

    @Test(.timeLimit(.minutes(2)))
    func endingsAreToldApart() async throws {
        let bench = try Bench { try PodmanRuntime(directory: $0) }
        let exited = try await bench.start(["exit", "7"])
        let hungry = try await bench.start(["allocate"])
        let killed = try await bench.start(["wait"])
        #expect(await killed.next() == "ready 1\n")
        killed.instance.signal(SIGKILL)
        #expect(await exited.instance.ending() == .exited(code: 7))
        #expect(await hungry.instance.ending() == .outOfMemory)
        #expect(await killed.instance.ending() == .signalled(SIGKILL))
        for guest in [exited, hungry, killed] { try await guest.instance.remove() }
        let left = try await Program.run("podman", ["ps", "--all", "--format", "{{.Names}}"])
        for guest in [exited, hungry, killed] { #expect(!left.outputText.contains(guest.instance.id.rawValue)) }
        #expect(!FileManager.default.fileExists(atPath: bench.base))
    }

    @Test(.timeLimit(.minutes(1)))
    func whatPodmanSaysIsPassedOn() async throws {
        let bench = try Bench { try PodmanRuntime(image: "localhost/there-is-none:1", directory: $0) }
        let error = await #expect(throws: RuntimeError.self) { try await bench.start(["wait"]) }
        #expect(error?.description.contains("podman run failed") == true)
        #expect(error?.description.contains("there-is-none") == true)
    }
}

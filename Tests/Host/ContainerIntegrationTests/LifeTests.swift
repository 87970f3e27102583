import Containers
import Contract
import Foundation
import Glibc
import Linux
import Testing
import Toolkit

@Suite(.serialized) struct LifeTests {
    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func endingsAreToldApart(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let exited = try await bench.start(["exit", "7"])
        let trapped = try await bench.start(["trap"])
        let killed = try await bench.start(["wait"])
        #expect(await killed.next() == "ready 1\n")
        killed.instance.signal(SIGKILL)
        #expect(await exited.instance.ending() == .exited(code: 7))
        #expect(await trapped.instance.ending() == .signalled(SIGILL))
        #expect(await killed.instance.ending() == .signalled(SIGKILL))
        // Exit status 137 is a program's right.
        let pretender = try await bench.start(["exit", "137"])
        #expect(await pretender.instance.ending() == .exited(code: 137))
        for guest in [exited, trapped, killed, pretender] {
            try await guest.instance.remove()
            #expect(bench.traces(of: guest.instance.id).isEmpty)
        }
        #expect(!FileManager.default.fileExists(atPath: bench.base))
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func removalEndsWhatRunsAndLeavesNothing(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let guest = try await bench.start(["wait"])
        #expect(await guest.next() == "ready 1\n")
        #expect(!bench.traces(of: guest.instance.id).isEmpty)
        let running = try ProcessHandle.open(guest.instance.processID)
        async let first: Void = guest.instance.remove()
        async let second: Void = guest.instance.remove()
        _ = try await (first, second)
        let hasEnded = running.awaitEnd(until: MonotonicClock.now)
        #expect(hasEnded)
        #expect(bench.traces(of: guest.instance.id).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: bench.base))
        #expect(await guest.instance.ending() == .signalled(SIGKILL))
    }

    /// What an engine leaves behind becomes the host's, and nobody awaits it.
    @Test(.timeLimit(.minutes(1)))
    func orphansThatNobodyAwaitsAreCollected() async throws {
        try ProcessHandle.adoptOrphans()
        let awaited = try ProcessHandle.spawn("/bin/true", [], environment: [:], files: [])
        let outcome = try await Command("/bin/sh", ["-c", "sleep 0.1 & echo $!"]).run(within: .seconds(10))
        let orphan = try #require(Int32(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        try Self.awaitEnd(of: orphan)
        let hasEnded = awaited.awaitEnd(until: MonotonicClock.now.advanced(by: .seconds(10)))
        #expect(hasEnded)
        var reaper = OrphanReaper()
        reaper.sweep()
        // Somebody may be about to find out that it is theirs.
        #expect(kill(orphan, 0) == 0)
        #expect(reaper.sweep() >= 1)
        #expect(kill(orphan, 0) == -1 && errno == ESRCH)
        let ending = try awaited.collect()
        #expect(ending == .exited(code: 0))
    }

    private static func awaitEnd(of pid: Int32) throws {
        let handle = try ProcessHandle.open(pid)
        let hasEnded = handle.awaitEnd(until: MonotonicClock.now.advanced(by: .seconds(10)))
        #expect(hasEnded)
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func aStoppedInstanceIsRemoved(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let guest = try await bench.start(["wait"])
        #expect(await guest.next() == "ready 1\n")
        guest.instance.signal(SIGSTOP)
        try await guest.instance.remove()
        #expect(bench.traces(of: guest.instance.id).isEmpty)
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func whatItSaysComesOutByLines(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let guest = try await bench.start(["speak"])
        #expect(await guest.instance.ending() == .exited(code: 0))
        #expect(Set(guest.said.lines).isSuperset(of: ["one", "two"]))
        #expect(guest.said.lines.joined().contains("three"))
        #expect(guest.said.lines.joined().contains("on standard output"))
        try await guest.instance.remove()
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func theRelayItselfRunsInside(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let spec = try Bench.spec(["--version"], program: Checkout.product("transponder-relay"))
        let guest = try await bench.start(spec)
        #expect(await guest.instance.ending() == .exited(code: 0), "\(guest.said.lines)")
        #expect(guest.said.lines.count == 1, "\(guest.said.lines)")
        try await guest.instance.remove()
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func itComesBeforeWhatElseTheMachineRuns(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let guest = try await bench.start(["wait"])
        #expect(await guest.next() == "ready 1\n")
        let hierarchy = try #require(CgroupLayout.read().hierarchies.first { $0.controllers.contains("cpu") })
        let (file, standard) = hierarchy.isUnified ? ("cpu.weight", 100) : ("cpu.shares", 1024)
        let id = guest.instance.id.rawValue
        let group = try #require(
            ["/\(id)", "/system.slice/\(id).scope"].map { hierarchy.path + $0 }
                .first { FileManager.default.fileExists(atPath: $0) }
        )
        let text = try String(contentsOfFile: "\(group)/\(file)", encoding: .utf8)
        #expect(try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines))) > 2 * standard)
        guest.instance.signal(SIGKILL)
        try await guest.instance.remove()
    }

    /// As after an upgrade under a host that goes on.
    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func aProgramThatWasExchangedHasItsOwnLibraries(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let program = bench.scratch.file("program").path
        for (name, words) in [("escape", ["exit", "0"]), ("transponder-relay", ["--version"])] {
            try? FileManager.default.removeItem(atPath: program)
            try FileManager.default.copyItem(atPath: Checkout.product(name), toPath: program)
            let guest = try await bench.start(Bench.spec(words, program: program))
            #expect(await guest.instance.ending() == .exited(code: 0), "\(name): \(guest.said.lines)")
            try await guest.instance.remove()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func anIDInUseIsRefusedAndItsOwnerLives(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let guest = try await bench.start(["wait"])
        #expect(await guest.next() == "ready 1\n")
        await #expect(throws: RuntimeError.self) { try await bench.start(["wait"], id: guest.instance.id) }
        // Of another host process, which keeps its files elsewhere.
        let other = try Bench(isolation)
        let error = await #expect(throws: RuntimeError.self) {
            try await other.start(["wait"], id: guest.instance.id)
        }
        #expect(error?.description.contains("exists already") == true)
        #expect(Glibc.kill(guest.instance.processID, 0) == 0)
        try await guest.instance.remove()
        let next = try await bench.start(["exit", "0"], id: guest.instance.id)
        #expect(await next.instance.ending() == .exited(code: 0))
        try await next.instance.remove()
        #expect(bench.traces(of: guest.instance.id).isEmpty)
    }

    @Test(.timeLimit(.minutes(2)), arguments: Machine.runtimes)
    func twentyStartAtOnce(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let guests = try await withThrowingTaskGroup(of: Guest.self) { group in
            for _ in 0..<20 { group.addTask { try await bench.start(["wait"]) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for guest in guests { #expect(await guest.next() == "ready 1\n") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for guest in guests { group.addTask { try await guest.instance.remove() } }
            try await group.waitForAll()
        }
        for guest in guests { #expect(bench.traces(of: guest.instance.id).isEmpty) }
        #expect(!FileManager.default.fileExists(atPath: bench.base))
    }

    @Test(.timeLimit(.minutes(2)), arguments: Machine.runtimes)
    func startsAreQuick(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        var times: [Duration] = []
        for _ in 0..<50 {
            let begun = ContinuousClock.now
            let guest = try await bench.start(["wait"])
            #expect(await guest.next() == "ready 1\n")
            times.append(ContinuousClock.now - begun)
            try await guest.instance.remove()
        }
        times.sort()
        print("container start, \(isolation.rawValue): p50 \(times[25]), p99 \(times[49]) of \(times.count)")
        #expect(times[25] < .seconds(1))
    }

    @Test(.timeLimit(.minutes(1)))
    func withoutAContainerTheSameHolds() async throws {
        let bench = try Bench { BareRuntime(directory: $0) }
        let guest = try await bench.start(["wait"])
        #expect(await guest.next() == "ready 1\n")
        let speaker = try await bench.start(["speak"])
        #expect(await speaker.instance.ending() == .exited(code: 0))
        #expect(speaker.said.lines.contains("two"))
        try await guest.instance.remove()
        try await speaker.instance.remove()
        #expect(await guest.instance.ending() == .signalled(SIGKILL))
        #expect(!FileManager.default.fileExists(atPath: bench.base))
    }
}

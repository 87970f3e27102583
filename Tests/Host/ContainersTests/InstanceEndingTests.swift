import Containers
import Contract
import Foundation
import Linux
import Testing
import Toolkit

/// How the end of an instance becomes known.
@Suite(.serialized) struct InstanceEndingTests {
    private let scratch: Scratch

    init() throws {
        self.scratch = try Scratch("instances")
    }

    private func start(_ arguments: [String]) async throws -> any ContainerInstance {
        let spec = InstanceSpec(
            id: InstanceID(try RelayName("live"), nonce: .random(in: 0...UInt32.max)),
            program: "/bin/sleep",
            arguments: arguments,
            environment: [:],
            memory: 64 << 20,
            cpu: 1,
            processes: 16,
            openFiles: 64
        )
        guard let control = try TCPSocket.pair().parted().first.take() else { throw CancellationError() }
        return try await BareRuntime(directory: self.scratch.directory.path).start(spec, control: control) { _ in }
    }

    /// How often the threads that follow instances have gone to sleep so far.
    private static func sleeps() throws -> [String: String] {
        var sleeps: [String: String] = [:]
        for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") {
            let folder = "/proc/self/task/\(thread)"
            guard (try? SmallFile.read("\(folder)/comm")) == "instance\n" else { continue }
            let status = (try? SmallFile.read("\(folder)/status")) ?? ""
            sleeps[thread] = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") }
                .map { String($0) }
        }
        return sleeps
    }

    /// Whether there comes a third of a second in which none of them wakes, which only waiting can show.
    private static func comeToRest() async throws -> Bool {
        var last: [String: String] = [:]
        for _ in 0..<100 {
            let now = try Self.sleeps()
            if !now.isEmpty, now == last { return true }
            last = now
            try await Task.sleep(for: .milliseconds(333))
        }
        return false
    }

    /// As nothing wakes from time to time, it is the end itself that wakes whoever awaits it.
    @Test func nothingWakesWhileItRunsAndTheKernelTellsItsEnd() async throws {
        let instance = try await self.start(["1000"])
        let ending = Task { await instance.ending() }
        #expect(try await Self.comeToRest())
        instance.signal(9)
        #expect(await ending.value == .signalled(9))
        try await instance.remove()
    }

    @Test func anyNumberAwaitTheEnd() async throws {
        let instance = try await self.start(["1000"])
        let waiting = (0..<8).map { _ in Task { await instance.ending() } }
        // Removal waits for it, too, and not for ever.
        try await instance.remove()
        for task in waiting { #expect(await task.value == .signalled(9)) }
        #expect(await instance.ending() == .signalled(9))
    }
}

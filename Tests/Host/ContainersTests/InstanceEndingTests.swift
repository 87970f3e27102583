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

    @Test func nothingWakesWhileItRunsAndItsEndIsToldAtOnce() async throws {
        let instance = try await self.start(["1000"])
        let before = try Self.sleeps()
        #expect(!before.isEmpty)
        // That nothing happens is seen only by waiting.
        try await Task.sleep(for: .milliseconds(300))
        #expect(try Self.sleeps() == before)
        let ending = Task { (await instance.ending(), MonotonicClock.now) }
        let killed = MonotonicClock.now
        instance.signal(9)
        let (how, told) = await ending.value
        #expect(how == .signalled(9))
        #expect(killed.duration(to: told) < .seconds(1))
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

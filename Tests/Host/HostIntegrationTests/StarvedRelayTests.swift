import Foundation
import Testing
import Toolkit

/// A relay that the machine refuses a processor is waited for: a fresh one would be refused it as well.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: Machine.runsContainers)) struct StarvedRelayTests {
    /// Gives a process's control group so much processor time in each period, microseconds; nil: as much as it likes.
    private static func allow(_ process: Int32, _ time: Int?, of period: Int = 1_000_000) throws {
        let groups = try String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8)
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            let (controllers, path) = (fields[1].split(separator: ","), fields[2])
            if controllers.contains("cpu") {
                let folder = "/sys/fs/cgroup/\(fields[1])\(path)"
                try Self.write("\(period)", "\(folder)/cpu.cfs_period_us")
                return try Self.write(time.map { "\($0)" } ?? "-1", "\(folder)/cpu.cfs_quota_us")
            }
            if controllers.isEmpty, FileManager.default.fileExists(atPath: "/sys/fs/cgroup\(path)/cpu.max") {
                return try Self.write("\(time.map { "\($0)" } ?? "max") \(period)", "/sys/fs/cgroup\(path)/cpu.max")
            }
        }
        Issue.record("it has no control group for processor time: \(groups)")
    }

    private static func write(_ text: String, _ path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// Seconds, as the sentence says it; none where it is another.
    private static func waited(_ sentence: String) -> Double {
        guard sentence.hasPrefix("It has waited ") else { return 0 }
        return sentence.split(separator: " ").dropFirst(3).first.flatMap { Double($0) } ?? 0
    }

    @Test func aRelayThatCannotRunIsWaitedForAndSaidSo() async throws {
        let host = try await HostUnderTest.start()
        let publisher = try host.publish()
        try await host.waitForStream()
        let viewer = try Watcher(host, "live/main")
        try await viewer.seen.wait(for: "media") { $0.bytes > 2000 }
        let process = try await host.relayProcess()

        try Self.allow(process, 1000)
        let status = try await host.status { status in
            status.relay("live")?.problems.contains { Self.waited($0) > 6 } ?? false
        }
        #expect(status.relay("live")?.state == "ready")
        try Self.allow(process, nil)

        let recovered = try await host.status { $0.relay("live")?.problems == [] }
        #expect(recovered.relay("live")?.restarts == 0)
        #expect(try await host.relayProcess() == process)
        let seen = viewer.seen.state.bytes
        try await viewer.seen.wait(for: "more media") { $0.bytes > seen + 2000 }
        #expect(publisher.isRunning)
        #expect(host.program.said.contains("the machine is too busy, or limits.cpu too low"))
    }

    private struct Page: Decodable {
        var state: String
        var sentence: String
        var faults: [String]
    }

    /// It reports and sends, but not in time: that is said of it, and no viewer's line is blamed.
    @Test func aRelayThatItsLimitKeepsWaitingIsOverloaded() async throws {
        let host = try await HostUnderTest.start()
        let publisher = try host.publish()
        try await host.waitForStream()
        let viewer = try Watcher(host, "live/main")
        try await viewer.seen.wait(for: "media") { $0.bytes > 2000 }
        let process = try await host.relayProcess()

        try Self.allow(process, 4000, of: 100_000)
        let stream = try await HTTP.get(host.page("health/live/main")) {
            (try? $0.json(Page.self))?.faults.contains("relay_overloaded") ?? false
        }
        let page = try stream.json(Page.self)
        #expect(page.state == "degraded" && page.sentence.hasPrefix("This relay is overloaded"), "\(page)")
        #expect(stream.status == 200 && !page.faults.contains("viewers_slow"))
        let relay = try await HTTP.get(host.page("metrics")) { $0.text.contains("state=\"overloaded\"} 1") }
        #expect(relay.text.contains("transponder_relay_health{relay=\"live\",state=\"overloaded\"} 1"))

        try Self.allow(process, nil)
        let seen = viewer.seen.state.bytes
        try await viewer.seen.wait(for: "more media") { $0.bytes > seen + 2000 }
        let status = try await host.status()
        #expect(status.relay("live")?.restarts == 0)
        #expect(try await host.relayProcess() == process)
        #expect(publisher.isRunning)
    }
}

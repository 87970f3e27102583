import Foundation
import Linux
import Testing
import Toolkit

/// Where a group that limits processor time can be made, in either version of the kernel's groups; nil: nowhere.
private var parentGroup: String? {
    ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"].first { folder in
        let isUnified = folder == "/sys/fs/cgroup"
        let controllers = try? String(contentsOfFile: "\(folder)/cgroup.subtree_control", encoding: .utf8)
        let hasFolder = FileManager.default.fileExists(atPath: folder)
        let hasLimit = isUnified ? controllers?.contains("cpu") ?? false : hasFolder
        return hasLimit && FileManager.default.isWritableFile(atPath: "\(folder)/cgroup.procs")
    }
}

/// A relay that runs by itself, as in a pod, and whose control group keeps it from the processor: it says so of itself, and
/// blames no viewer's line.
@Suite(.timeLimit(.minutes(2)), .enabled(if: parentGroup != nil)) struct ThrottledRelayTests {
    private static func write(_ text: String, _ path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// So many microseconds in each 100 ms; nil: as many as it likes.
    private static func allow(_ time: Int?, in group: String) throws {
        if FileManager.default.fileExists(atPath: "\(group)/cpu.max") {
            return try Self.write("\(time.map { "\($0)" } ?? "max") 100000", "\(group)/cpu.max")
        }
        try Self.write("100000", "\(group)/cpu.cfs_period_us")
        try Self.write(time.map { "\($0)" } ?? "-1", "\(group)/cpu.cfs_quota_us")
    }

    private struct Page: Decodable {
        var state: String
        var sentence: String
        var faults: [String]
    }

    @Test func aRelayByItselfKnowsThatItIsKeptWaiting() async throws {
        let parent = try #require(parentGroup)
        let group = "\(parent)/transponder-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
        let relay = try await RelayProcess.start(RelayConfiguration())
        defer {
            try? Self.write("\(relay.pid)", "\(parent)/cgroup.procs")
            try? Directory.remove(group)
        }
        try Self.write("\(relay.pid)", "\(group)/cgroup.procs")
        let publisher = try Encoder.start(try await Sample().path(), to: relay.publishAddress(), repeats: 1000)
        try await relay.expectLive(codecs: ["h264", "aac"])
        try Self.allow(4000, in: group)
        let answer = try await HTTP.get(relay.page("health/live/main")) {
            (try? $0.json(Page.self))?.faults.contains("relay_overloaded") ?? false
        }
        let page = try answer.json(Page.self)
        #expect(page.state == "degraded" && page.sentence.hasPrefix("This relay is overloaded"), "\(page)")
        #expect(!page.faults.contains("viewers_slow"))
        try Self.allow(nil, in: group)
        _ = try await HTTP.get(relay.page("health/live/main")) { (try? $0.json(Page.self))?.state == "live" }
        #expect(publisher.isRunning)
        publisher.kill()
        try Self.write("\(relay.pid)", "\(parent)/cgroup.procs")
        try await relay.stop()
    }
}

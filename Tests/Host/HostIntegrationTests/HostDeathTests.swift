import Foundation
import Glibc
import Testing
import Toolkit

/// The host is killed. Its relays go on, and the host that follows takes them over.
@Suite(.serialized, .enabled(if: Machine.runsContainers)) struct HostDeathTests {
    @Test(.timeLimit(.minutes(3))) func `who is connected misses nothing, and who comes meanwhile waits`() async throws
    {
        let scratch = try Scratch("host")
        var host = try await HostUnderTest.start(scratch: scratch, withoutHost: "60s")
        // One that calls once.
        let encoder = try host.publish()
        try await host.waitForStream()
        let addresses = host.addresses
        let recording = try FLVRecording(addresses["http"] ?? "", "/live/main.flv")
        let watchers = try ["ts", "mp4"].map { try Watcher(host, "live/main", as: $0) }
        await recording.wait(for: 25)
        for death in 1...3 {
            if death == 2 { try await Self.killHolder(of: scratch) }
            host.program.signal(SIGKILL)
            _ = try await host.program.result(within: .seconds(20))
            let pictures = try Self.pictures(of: recording).count
            await recording.wait(for: pictures + 50)
            try #require(!recording.isClosed, "death \(death)")
            // There is no host now.
            let late = try Watcher(host, "live/main")
            host = try await HostUnderTest.start(scratch: scratch, withoutHost: "60s")
            #expect(host.addresses.filter { $0.key != "admin" } == addresses.filter { $0.key != "admin" })
            try await late.watch(20_000)
            await recording.wait(for: pictures + 125)
            try #require(!recording.isClosed, "death \(death)")
            for watcher in watchers { try await watcher.watch(20_000) }
            let stream = try await host.stream("main") { $0.state == "live" }
            #expect(stream.counters.reconnects == 0)
        }
        #expect(encoder.isRunning)
        let times = try Self.pictures(of: recording)
        #expect(Set(zip(times, times.dropFirst()).map { $1 - $0 }) == [40], "\(times.count) pictures")
        #expect(watchers.allSatisfy { !$0.seen.state.hasEnded })
        print(
            "figure: \(times.count) pictures over 3 deaths, longest silences",
            watchers.map(\.seen.state.longestSilence)
        )
        let holders = try Self.holders(of: scratch)
        #expect(holders.count == 1)
        #expect(try await host.stop().ending == .exit(0))
        // It goes with the host that ends on purpose, which does not wait for it.
        for holder in holders.compactMap({ Int32($0) }) { try await Traces.end(of: holder) }
        #expect(try Self.holders(of: scratch) == [])
    }

    /// ms of each, without what is said of the coding.
    private static func pictures(of recording: FLVRecording) throws -> [UInt32] {
        try recording.tags().filter { $0.kind == 9 }.dropFirst().map(\.time)
    }

    /// Another follows it, and holds the same.
    private static func killHolder(of scratch: Scratch) async throws {
        let victim = try #require(try Self.holders(of: scratch).first)
        let held = Self.descriptors(of: victim)
        #expect(held > 5)
        #expect(kill(try #require(Int32(victim)), SIGKILL) == 0)
        while try !Self.holders(of: scratch).contains(where: { $0 != victim && Self.descriptors(of: $0) >= held }) {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func descriptors(of process: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0
    }

    /// Processes that hold descriptors for a host with that scratch directory.
    private static func holders(of scratch: Scratch) throws -> [String] {
        let path = scratch.file("state/holder.sock").path
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { process in
            guard let words = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8) else {
                return false
            }
            return Int32(process) != nil && words.contains("hold\0\(path)")
        }
    }
}

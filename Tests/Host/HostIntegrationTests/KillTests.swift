import Foundation
import Glibc
import Testing
import Toolkit

/// A relay that is killed again and again, at moments nobody chose, while people watch: TRANSPONDER_KILLS says how often,
/// and TRANSPONDER_SEED which moments. TRANSPONDER_HLSJS may name a file with hls.js, a module that sets `window.Hls`: it
/// watches as well.
@Suite(.serialized, .enabled(if: Machine.runsContainers)) struct KillTests {
    private static let kills = Self.number("TRANSPONDER_KILLS") ?? 3
    private static let seed = UInt64(Self.number("TRANSPONDER_SEED") ?? 1)

    private static let script = ProcessInfo.processInfo.environment["TRANSPONDER_HLSJS"]

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    @Test(.timeLimit(.minutes(4 + Self.kills / 2))) func playersGoOnAndNumbersNeverGoBack() async throws {
        let host = try await HostUnderTest.start([HostUnderTest.relay("live"), HostUnderTest.relay("other")])
        let bystander = try host.publish("other/main")
        let encoder = Encoder(host, "live/main")
        try await host.waitForStream("other/main")
        try await host.waitForStream()
        let watcher = try Watcher(host, "other/main")
        let machine = try BusyMachine()
        let playlist = host.page("live/main.m3u8")
        _ = try await HTTP.get(playlist, until: { $0.status == 200 })
        let numbers = SequenceWatch(try await host.mediaPlaylist("live/main.m3u8"))
        var players = [try LivePlayer.ffmpeg(playlist), try LivePlayer.chromium(playlist)]
        if let script = Self.script { players.append(try LivePlayer.chromium(playlist, script: script)) }
        // These have one connection each, and none that would make another.
        players.append(try LivePlayer.ffmpeg(host.rtmp("live/main"), by: "RTMP"))
        for format in ["flv", "ts", "mp4"] {
            players.append(try LivePlayer.ffmpeg(host.page("live/main.\(format)"), by: format))
        }
        let recording = try FLVRecording(host.addresses["http"] ?? "", "/live/main.flv")
        for player in players { try await player.play(to: 1, after: "its start") }

        var dice = SeededGenerator(seed: Self.seed)
        var times: [Duration] = []
        var earliest = ContinuousClock.now
        for kill in 1...max(Self.kills, 1) {
            // One that dies before it is ten seconds old died young, and several of those are waited for.
            try await Task.sleep(until: earliest + .milliseconds(.random(in: 0..<3000, using: &dice)))
            let took = try await Self.killAndPlay(host)
            earliest = .now + .seconds(12)
            times.append(took)
            print("figure: kill \(kill) of \(Self.kills), first new packet after \(took)")
            // More than any of them has in store.
            for (player, played) in players.map({ ($0, $0.seen.state.played) }) {
                try await player.play(to: played + 8, after: "kill \(kill)")
                try #require(!player.seen.state.hasEnded, "kill \(kill): \(player.name), \(player.seen.state)")
            }
            try #require(numbers.seen.state.stepsBack == [], "kill \(kill)")
            try #require(!recording.isClosed, "kill \(kill)")
            #expect(try recording.hasRisingTimes(), "kill \(kill)")
        }
        #expect(numbers.seen.state.readings > Self.kills)
        // Encoder, relay and viewer follow one another, and the machine keeps each of them waiting.
        withKnownIssue("Beside other tests 4 s were seen, twice in many runs; why is not known", isIntermittent: true) {
            #expect(watcher.seen.state.longestSilence < Watcher.unconcerned + machine.longestSilence * 3)
        }
        #expect(!watcher.seen.state.hasEnded)
        #expect(try await host.status().relay("other")?.restarts == 0)
        #expect(bystander.isRunning)
        let sorted = times.sorted()
        let late = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
        print(
            "figure: \(times.count) kills, first new packet p50 \(sorted[sorted.count / 2]) p99 \(late);",
            "another relay's viewer waited at most \(watcher.seen.state.longestSilence),",
            "an encoder that sends to nobody \(machine.longestSilence);",
            players.map { "\($0.name) played \($0.seen.state.played) s" }.joined(separator: ", ")
        )
        // Each access unit once, with an encoder that never calls again, is what PublisherSuccessionTests show.
        print("figure: the encoder called \(encoder.calls) times")
    }

    /// Kills the relay's process, and plays until media comes: the time from the one to the other.
    private static func killAndPlay(_ host: HostUnderTest) async throws -> Duration {
        let victim = try await host.relayProcess()
        let began = ContinuousClock.now
        try #require(kill(victim, SIGKILL) == 0)
        while true {
            // One whose stream had begun sees the end, and comes again.
            let viewer = try Watcher(host, "live/main")
            try await viewer.seen.wait(for: "media after a kill") { $0.bytes > 2000 || $0.hasEnded }
            if viewer.seen.state.bytes > 2000 { return viewer.seen.state.last - began }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

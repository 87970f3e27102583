import Foundation
import Glibc
import Testing
import Toolkit

/// A relay that is killed while everybody has come by TLS, which ends in the host: nobody notices.
@Suite(.serialized, .enabled(if: Machine.runsContainers)) struct TLSKillTests {
    private static let kills = 3

    @Test(.timeLimit(.minutes(5))) func connectionsWithTLSStay() async throws {
        let host = try await HostUnderTest.start(isSecure: true)
        func address(_ scheme: String, _ path: String) -> String {
            "\(scheme)://\(host.addresses[scheme] ?? "")/\(path)"
        }
        // They call once.
        let publishers = [
            try HostUnderTest.publish(to: address("rtmps", "live/main?key=\(HostUnderTest.key)")),
            try Program.start(
                FFmpeg.system,
                HostUnderTest.encoding
                    + ["-f", "rtsp", "-rtsp_transport", "tcp"]
                    + [address("rtsps", "live/camera?key=\(HostUnderTest.key)")]
            ),
        ]
        try await host.waitForStream()
        try await host.waitForStream("live/camera")
        let playlist = address("https", "live/main.m3u8")
        _ = try await HTTP.get(host.page("live/main.m3u8"), until: { $0.status == 200 })
        let file = host.scratch.file("viewer.flv")
        let curl = try Program.start(
            "curl",
            ["--silent", "--insecure", "--no-buffer", "--include", "--output", file.path]
                + [address("https", "live/main.flv")]
        )
        let players = [
            try LivePlayer.ffmpeg(playlist, by: "HLS with TLS"),
            try LivePlayer.ffmpeg(address("rtmps", "live/main"), by: "RTMPS"),
        ]
        for player in players { try await player.play(to: 1, after: "its start") }

        var dice = SeededGenerator(seed: 3)
        var earliest = ContinuousClock.now
        for kill in 1...Self.kills {
            // One that dies before it is ten seconds old died young, and several of those are waited for.
            try await Task.sleep(until: earliest + .milliseconds(.random(in: 0..<2000, using: &dice)))
            let victim = try await host.relayProcess()
            try #require(Glibc.kill(victim, SIGKILL) == 0)
            earliest = .now + .seconds(12)
            for (player, played) in players.map({ ($0, $0.seen.state.played) }) {
                try await player.play(to: played + 8, after: "kill \(kill)")
                try #require(!player.seen.state.hasEnded, "kill \(kill): \(player.name), \(player.seen.state)")
            }
            for publisher in publishers {
                try #require(publisher.isRunning, "kill \(kill): \(publisher.lastWords)")
            }
            try #require(curl.isRunning, "kill \(kill): \(curl.lastWords)")
        }
        // Every picture once, one as long after the other as the publisher makes them.
        let times = try FLVRecording.tags(in: Array(Data(contentsOf: file))).filter { $0.kind == 9 }.map(\.time)
        let steps = zip(times.dropFirst(2), times.dropFirst(3)).map { Int($1) - Int($0) }
        #expect(steps.count > 25 * 8 * Self.kills)
        #expect(steps.allSatisfy { $0 == 40 }, "\(steps.filter { $0 != 40 })")
        #expect(try await host.status().relay("live")?.restarts == UInt64(Self.kills))
        print("figure: \(Self.kills) kills, \(times.count) pictures by HTTPS on one connection, none missing")
    }
}

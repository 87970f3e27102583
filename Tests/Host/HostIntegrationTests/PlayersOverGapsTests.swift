import Foundation
import Testing
import Toolkit

/// A browser's own HLS player while an encoder is gone for longer than it has in store, and comes back with another picture
/// and other sound: it plays on. What was sent last before the gap has to end with all tracks at one time, or the player
/// stands still before what one of them lacks.
@Suite(.serialized, .timeLimit(.minutes(3))) struct PlayersOverGapsTests {
    private static let samples = [
        Sample(.h264, .aac, size: "320x180", sampleRate: 48_000),
        Sample(.h264, .aac, size: "426x240", sampleRate: 44_100),
        Sample(.h264, .aac, size: "640x360", sampleRate: 48_000),
    ]

    private static func publish(_ round: Int, to relay: RelayProcess) async throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-re", "-stream_loop", "-1"]
                + ["-i", try await Self.samples[round % Self.samples.count].path()]
                + ["-c", "copy", "-f", "flv", relay.publishAddress()]
        )
    }

    /// Whether it has said five times, in a second, that it has come no further.
    private static func standsStill(_ state: LivePlayer.State) -> Bool {
        struct Report: Decodable { var played: Double }
        let last = state.words.suffix(5).map { try? JSONDecoder().decode(Report.self, from: Data($0.utf8)).played }
        return last.count == 5 && Set(last).count == 1 && state.played > 0
    }

    @Test func chromiumPlaysOn() async throws {
        var configuration = RelayConfiguration()
        configuration.segment = "1s"
        let relay = try await RelayProcess.start(configuration)
        var publisher = try await Self.publish(0, to: relay)
        var players: [LivePlayer] = []
        for ending in [".m3u8", ".ts.m3u8"] {
            _ = try await HTTP.get(relay.stream("main", ending)) { $0.status == 200 }
            players += [try LivePlayer.chromium(relay.stream("main", ending))]
        }
        for player in players { try await player.play(to: 3, after: "its start") }
        for round in 1...3 {
            publisher.kill()
            for player in players {
                try await player.seen.wait(for: "\(player.name) to run dry", within: .seconds(40)) {
                    $0.hasEnded || Self.standsStill($0)
                }
                try #require(!player.seen.state.hasEnded, "\(player.seen.state)")
            }
            publisher = try await Self.publish(round, to: relay)
            for (player, played) in players.map({ ($0, $0.seen.state.played) }) {
                try await player.play(to: played + 3, after: "gap \(round)", within: .seconds(30))
                #expect(!player.seen.state.hasEnded, "\(player.seen.state)")
            }
        }
        #expect(publisher.isRunning, "\(publisher.lastWords)")
        try await relay.stop()
    }
}

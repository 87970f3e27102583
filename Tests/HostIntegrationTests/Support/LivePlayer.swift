import Foundation
import Toolkit

/// A player that is started once, and says as it goes how far it has come.
final class LivePlayer: Sendable {
    struct State: Sendable, CustomStringConvertible {
        /// Of the stream, seconds played.
        var played = 0.0
        var last = ""

        var description: String { "\(self.played) s, last it said \(self.last)" }
    }

    let name: String
    let seen = Observed(State())
    let program: Program
    private let listening: Task<Void, Never>

    private init(_ name: String, _ program: Program, _ read: @escaping @Sendable (String) -> Double?) {
        self.name = name
        self.program = program
        let seen = self.seen
        self.listening = Task {
            for await line in program.lines {
                let played = read(line.text)
                seen.change { state in
                    if let played { state.played = played }
                    if played == nil || line.text.contains("{") { state.last = line.text }
                }
            }
            seen.change { $0.last += " (it has ended)" }
        }
    }

    deinit {
        self.listening.cancel()
    }

    /// Counts pictures, of which the publisher sends 25 a second.
    static func ffmpeg(_ address: String) throws -> LivePlayer {
        let program = try Program.start(
            FFmpeg.system,
            [
                "-hide_banner", "-nostdin", "-loglevel", "error", "-progress", "pipe:1", "-stats_period", "0.2", "-i",
                address, "-c", "copy", "-f", "null", "-",
            ]
        )
        return LivePlayer("ffmpeg", program) { line in
            line.hasPrefix("frame=") ? Double(line.dropFirst(6)).map { $0 / 25 } : nil
        }
    }

    static func chromium(_ address: String) throws -> LivePlayer {
        let script = Checkout.root.appendingPathComponent("Tests/Players/chromium.py").path
        return LivePlayer("Chromium", try Program.start("python3", [script, address, "follow"])) { line in
            struct Report: Decodable { var time: Double }
            return (try? JSONDecoder().decode(Report.self, from: Data(line.utf8)))?.time
        }
    }

    /// Until it has played as much more of the stream.
    func play(_ seconds: Double, after what: String, within deadline: Duration = .seconds(60)) async throws {
        let before = self.seen.state.played
        try await self.seen.wait(for: "\(self.name) to play on after \(what)", within: deadline) {
            $0.played >= before + seconds
        }
    }
}

import Foundation
import Toolkit

/// A player that says as it goes how far it has come.
final class LivePlayer: Sendable {
    struct State: Sendable, CustomStringConvertible {
        /// Of the stream, seconds played.
        var played = 0.0
        var hasEnded = false
        /// The last that it said.
        var words: [String] = []

        var description: String {
            "\(self.played) s played\(self.hasEnded ? ", ended" : ""), last it said \(self.words)"
        }
    }

    private static let wordsLimit = 12

    let name: String
    let seen = Observed(State())
    private let program: Program
    private let work: Task<Void, Never>

    private init(_ name: String, _ program: Program, read: @escaping @Sendable (String) -> Double?) {
        self.name = name
        self.program = program
        let seen = self.seen
        self.work = Task {
            for await line in program.lines {
                let played = read(line.text)
                seen.change { state in
                    if let played { state.played = played }
                    if line.source == .error || played != nil { state.words.append(line.text) }
                    state.words.removeFirst(max(state.words.count - Self.wordsLimit, 0))
                }
            }
            seen.change { $0.hasEnded = true }
        }
    }

    deinit {
        self.work.cancel()
        self.program.kill()
    }

    /// Counts pictures, of which the publisher sends 25 a second.
    static func ffmpeg(_ address: String, by name: String = "HLS") throws -> LivePlayer {
        let arguments = [
            "-hide_banner", "-nostdin", "-loglevel", "warning", "-progress", "pipe:1", "-stats_period", "0.2", "-i",
            address, "-c", "copy", "-f", "null", "-",
        ]
        return LivePlayer("ffmpeg by \(name)", try Program.start(FFmpeg.system, arguments)) { line in
            line.hasPrefix("frame=") ? Double(line.dropFirst(6)).map { $0 / 25 } : nil
        }
    }

    /// Chromium's own player; or hls.js in it, which is read from that file.
    static func chromium(_ address: String, script: String? = nil) throws -> LivePlayer {
        let player = Checkout.root.appendingPathComponent("Tests/Players/chromium.py").path
        let program = try Program.start("python3", [player, address, "follow"] + (script.map { [$0] } ?? []))
        return LivePlayer(script == nil ? "Chromium" : "hls.js", program) { line in
            struct Report: Decodable { var played: Double }
            return (try? JSONDecoder().decode(Report.self, from: Data(line.utf8)))?.played
        }
    }

    /// Until it has played so much of the stream, or has ended.
    func play(to seconds: Double, after what: String, within deadline: Duration = .seconds(60)) async throws {
        try await self.seen.wait(for: "\(self.name) to play on after \(what)", within: deadline) {
            $0.hasEnded || $0.played >= seconds
        }
    }
}

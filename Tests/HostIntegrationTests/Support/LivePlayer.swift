import Foundation
import Toolkit

/// A player that says as it goes how far it has come.
final class LivePlayer: Sendable {
    struct State: Sendable, CustomStringConvertible {
        /// Of the stream, seconds played.
        var played = 0.0
        var starts = 0
        /// What it said last before each of its ends.
        var farewells: [String] = []
        var last = ""

        var description: String { "\(self.played) s in \(self.starts) starts, last it said \(self.last)" }
    }

    let name: String
    let seen = Observed(State())
    private let work: Task<Void, any Error>

    /// It is started again when it has ended, as a viewer does who sees the error, or the loop of a script.
    private init(
        _ name: String,
        _ start: @escaping @Sendable () throws -> Program,
        read: @escaping @Sendable (String) -> Double?
    ) {
        self.name = name
        let seen = self.seen
        self.work = Task {
            while true {
                let program = try start()
                let before = seen.change { state in
                    state.starts += 1
                    return state.played
                }
                try await withTaskCancellationHandler {
                    for await line in program.lines {
                        let played = read(line.text)
                        seen.change { state in
                            if let played { state.played = before + played }
                            if line.source == .error || played != nil { state.last = line.text }
                        }
                    }
                    try Task.checkCancellation()
                } onCancel: {
                    program.kill()
                }
                seen.change { $0.farewells.append($0.last) }
            }
        }
    }

    deinit {
        self.work.cancel()
    }

    /// Counts pictures, of which the publisher sends 25 a second. ffmpeg ends when a request of its own for a playlist is cut
    /// off, on a new connection too.
    static func ffmpeg(_ address: String) -> LivePlayer {
        let arguments = [
            "-hide_banner", "-nostdin", "-loglevel", "error", "-progress", "pipe:1", "-stats_period", "0.2", "-i",
            address, "-c", "copy", "-f", "null", "-",
        ]
        return LivePlayer("ffmpeg") {
            try Program.start(FFmpeg.system, arguments)
        } read: { line in
            line.hasPrefix("frame=") ? Double(line.dropFirst(6)).map { $0 / 25 } : nil
        }
    }

    /// Chromium gives up on media that it cannot parse, which a segment cut off in the middle may be.
    static func chromium(_ address: String) -> LivePlayer {
        let script = Checkout.root.appendingPathComponent("Tests/Players/chromium.py").path
        return LivePlayer("Chromium") {
            try Program.start("python3", [script, address, "follow"])
        } read: { line in
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

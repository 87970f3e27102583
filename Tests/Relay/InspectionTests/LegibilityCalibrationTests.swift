import Contract
import Foundation
import Inspection
import Libav
import Media
import Testing
import Toolkit

/// Whether what is called illegible cannot be read: cards with text of several sizes and contrasts, coded by x264 at several
/// bitrates, are read by tesseract.
///
/// `TRANSPONDER_LONG_LEGIBILITY` holds how many cards; README has the rates of 120.
@Suite(.timeLimit(.minutes(20))) struct LegibilityCalibrationTests {
    private struct Trial: Sendable {
        var card: TextCard
        /// kbit/s.
        var bitrate: Int
        var words: String
    }

    private struct Outcome: Sendable {
        var trial: Trial
        /// Of the words, the share that was read wrong.
        var errors: Double
        /// Nil where no text was found.
        var text: TextInspection?

        var isIllegible: Bool { self.errors > LegibilityCalibrationTests.most }

        var isCalledSo: Bool {
            guard let text else { return false }
            let limits = LegibilitySpec.standard
            return text.height < Double(limits.height) || (text.clarity.map { $0 < Double(limits.clarity) } ?? false)
        }
    }

    /// A card of which more words than this are read wrong is illegible.
    private static let most = 0.25
    private static let cards = 24

    private static func trials(_ count: Int) -> [Trial] {
        var random = SeededGenerator(seed: 11)
        func one<Value>(of values: [Value]) -> Value {
            values[Int(random.next(upperBound: UInt(values.count)))]
        }
        return (0..<count).map { index in
            let size = one(of: [9, 10, 11, 12, 14, 16, 18, 22, 28, 36])
            let font = one(of: TextCard.fonts)
            let (ink, paper) = one(
                of: [
                    ("black", "white"), ("0x777777", "white"), ("0xaaaaaa", "white"), ("white", "0x1e1e1e"),
                    ("0x888888", "0x1e1e1e"), ("0xcccccc", "0x0b3d91"),
                ]
            )
            let (noise, bitrate) = (one(of: [5, 20, 40]), one(of: [70, 100, 150, 220, 300, 450, 700, 1200, 2500]))
            let card = TextCard(
                fontSize: size,
                font: font,
                ink: ink,
                paper: paper,
                noise: noise,
                seed: UInt64(index + 1)
            )
            let words = "\(size) px, \(ink) on \(paper), noise \(noise), \(bitrate) kbit/s"
            return Trial(card: card, bitrate: bitrate, words: words)
        }
    }

    private static func outcome(of trial: Trial, in scratch: Scratch, _ index: Int) async throws -> Outcome {
        let file = scratch.file("\(index).flv")
        let reader = try await KeyframeReader.encoded(
            trial.card.source(rate: 10),
            in: file,
            [
                "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-sc_threshold", "0", "-b:v",
                "\(trial.bitrate)k", "-maxrate", "\(trial.bitrate)k", "-bufsize", "\(trial.bitrate / 3)k",
            ]
        )
        let (keyframe, configuration) = (try #require(reader.keyframes.last), try #require(reader.configuration))
        let still = try StillDecoder.still(of: keyframe, configuration, pixels: 1 << 20, tiles: TextFigures.tiles)
        let text = TextFigures(try #require(still).tiles).map { text in
            TextInspection(lines: text.lines, height: text.height, contrast: text.contrast, quantiser: text.quantiser)
        }
        // As a viewer sees it. What reads wants its letters larger.
        let picture = scratch.file("\(index).png").path
        let size = "\(TextCard.textWidth):\(TextCard.height):0:0"
        try await Program.run(
            FFmpeg.system,
            [
                "-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-i", file.path, "-vf",
                "select='eq(n,10)',crop=\(size),scale=iw*3:ih*3:flags=lanczos", "-frames:v", "1", picture,
            ]
        )
        let read = try await Program.run(
            "tesseract",
            [picture, "-", "--psm", "6"],
            environment: ["OMP_THREAD_LIMIT": "1"]
        )
        let words = read.outputText.split(whereSeparator: \.isWhitespace).map(String.init)
        let wrong = Self.distance(trial.card.words, words)
        return Outcome(trial: trial, errors: Double(wrong) / Double(trial.card.words.count), text: text)
    }

    /// Words that must be changed, left out or put in.
    private static func distance(_ one: [String], _ other: [String]) -> Int {
        var row = Array(0...other.count)
        for (index, word) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, read) in other.enumerated() {
                let changed = diagonal + (word == read ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }

    @Test func whatIsCalledIllegibleCannotBeRead() async throws {
        let long = ProcessInfo.processInfo.environment["TRANSPONDER_LONG_LEGIBILITY"].flatMap(Int.init)
        let scratch = try Scratch("legibility")
        let trials = Array(Self.trials(long ?? Self.cards).enumerated())
        var outcomes: [Outcome] = []
        for start in stride(from: 0, to: trials.count, by: 2) {
            outcomes += try await withThrowingTaskGroup(of: Outcome.self) { group in
                for (index, trial) in trials[start..<min(start + 2, trials.count)] {
                    group.addTask { try await Self.outcome(of: trial, in: scratch, index) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        let (illegible, legible) = (outcomes.filter(\.isIllegible), outcomes.filter { !$0.isIllegible })
        let hits = Double(illegible.count(where: \.isCalledSo)) / Double(max(illegible.count, 1))
        let alarms = Double(legible.count(where: \.isCalledSo)) / Double(max(legible.count, 1))
        let rates = "hit \(hits) of \(illegible.count), false alarm \(alarms) of \(legible.count)"
        print("legibility: \(rates)")
        let wrong = outcomes.filter { $0.isCalledSo != $0.isIllegible }
        let all = wrong.map { outcome in
            "\(outcome.trial.words): \(outcome.errors) wrong, \(outcome.text.map { "\($0)" } ?? "no text")"
        }
        #expect(illegible.count >= outcomes.count / 4 && legible.count >= outcomes.count / 4, "\(rates)")
        #expect(hits >= 0.75, "\(rates)\n\(all.joined(separator: "\n"))")
        #expect(alarms <= 0.2, "\(rates)\n\(all.joined(separator: "\n"))")
    }
}

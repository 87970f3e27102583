/// What is said of text that nobody can read.
package struct LegibilitySentences: Hashable, Sendable {
    /// Of the letters, pixels.
    private let height: Int
    private let picture: String
    private let bitrate: String
    /// What is known to be enough for text; the picture may have it already.
    private let isBelowAdvice: Bool

    private static let advisedLines = 1080
    private static let advisedBitrate = 3_000_000.0

    /// - Parameters:
    ///   - height: of the letters, pixels.
    ///   - width: of the picture, pixels; 0 where it is not known.
    ///   - lines: of the picture.
    ///   - bitrate: of the picture, bits a second.
    package init(height: Double, width: Int, lines: Int, bitrate: Double) {
        self.height = Int(min(max(height.isFinite ? height : 0, 0), 10_000).rounded())
        self.picture = width > 0 && lines > 0 ? "\(width)×\(lines)" : ""
        self.bitrate = Phrases.bitrate(bitrate.isFinite ? bitrate : 0)
        self.isBelowAdvice = lines < Self.advisedLines || bitrate < Self.advisedBitrate
    }

    /// It is coded too coarsely.
    package func coarse(in language: Language = .english) -> String {
        switch language {
        case .english:
            let cause = "Small text smears: letters \(self.height) pixels high at \(self.given(" and "))."
            let remedy =
                self.isBelowAdvice
                ? "1920×1080 at 3 Mbit/s or a separate stream for slides is safer, and so is larger text."
                : "A higher bitrate, a separate stream for slides, or larger text is safer."
            return "\(cause) \(remedy)"
        case .japanese:
            let remedy =
                self.isBelowAdvice
                ? "1920×1080・3 Mbit/s以上にするか、スライドを別のストリームにするか、文字を大きくしてください。"
                : "ビットレートを上げるか、スライドを別のストリームにするか、文字を大きくしてください。"
            return "小さな文字がつぶれています(文字の高さ\(self.height)ピクセル、\(self.given("・")))。\(remedy)"
        }
    }

    /// It is too small, however sharp.
    package func small(in language: Language = .english) -> String {
        switch language {
        case .english:
            "Text is too small to be read in a hall: its letters are \(self.height) pixels high at \(self.given(" and ")). Make it "
                + "larger."
        case .japanese: "文字が小さすぎて会場では読めません(高さ\(self.height)ピクセル、\(self.given("・")))。文字を大きくしてください。"
        }
    }

    private func given(_ joint: String) -> String {
        self.picture.isEmpty ? self.bitrate : self.picture + joint + self.bitrate
    }
}

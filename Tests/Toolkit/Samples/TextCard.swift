/// A picture of several lines of words beside noise that an encoder spends its bits on.
package struct TextCard: Hashable, Sendable {
    package static let width = 960
    package static let height = 540
    /// What of it is text; the rest is noise.
    package static let textWidth = 560

    package let words: [String]
    private let lines: [String]
    private let fontSize: Int
    private let font: String
    private let ink: String
    private let paper: String
    private let noise: Int

    package static let fonts = ["DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf"]
    private static let vocabulary = """
        light table green river window stone paper garden music letter number simple strong travel winter yellow market bridge \
        answer circle corner detail engine family finger flower forest friend ground hammer island kitchen language machine \
        matter middle minute moment morning nation nature office orange parent people person picture planet please pocket \
        point police power present problem process program project purpose question reason record return second secret
        """.split(separator: " ").map(String.init)

    /// - Parameters:
    ///   - fontSize: pixels.
    ///   - font: of ``fonts``.
    ///   - ink: the text's colour, as ffmpeg writes colours.
    ///   - paper: the colour behind it.
    ///   - noise: how strong the noise is, 0 to 100.
    ///   - seed: which words.
    package init(
        fontSize: Int,
        font: String = TextCard.fonts[0],
        ink: String = "black",
        paper: String = "white",
        noise: Int,
        seed: UInt64 = 1
    ) {
        var random = SeededGenerator(seed: seed)
        // The widest of the fonts has letters of three fifths of its size.
        let letters = (Self.textWidth - 10) * 10 / (fontSize * 7)
        let count = min(max(Self.height * 2 / (fontSize * 3) - 2, 2), 14)
        let lines = (0..<count).map { _ in
            var line = ""
            while let word = Self.vocabulary.randomElement(using: &random), line.count + word.count < letters {
                line += line.isEmpty ? word : " \(word)"
            }
            return line
        }
        self.lines = lines
        self.words = lines.flatMap { $0.split(separator: " ").map(String.init) }
        (self.fontSize, self.font, self.ink, self.paper, self.noise) = (fontSize, font, ink, paper, noise)
    }

    /// What ffmpeg makes it from, so many pictures a second.
    package func source(rate: Int) -> String {
        let text =
            "drawtext=fontfile=/usr/share/fonts/truetype/dejavu/\(self.font):fontsize=\(self.fontSize):fontcolor=\(self.ink)"
            + ":line_spacing=\(self.fontSize * 2 / 5):x=8:y=20:text='\(self.lines.joined(separator: "\n"))'"
        let (width, height) = (Self.width - Self.textWidth, Self.height)
        return
            "color=\(self.paper):s=\(Self.width)x\(height):r=\(rate),\(text)[card];color=gray:s=\(width)x\(height):r=\(rate),"
            + "noise=alls=\(self.noise):allf=t[noise];[card][noise]overlay=x=\(Self.textWidth),format=yuv420p"
    }
}

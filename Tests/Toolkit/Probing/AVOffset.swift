import Foundation

/// Where a ``Sample``'s flashes and beeps are, and how far apart.
package struct AVOffset: Hashable, Sendable {
    /// Seconds from the file's start at which the picture turns from black to white.
    package var flashes: [Double]
    /// Seconds from the file's start at which silence ends.
    package var beeps: [Double]

    /// Median of beep minus nearest flash, in milliseconds; nil where there are not two pairs.
    package var milliseconds: Double? {
        let offsets = self.beeps.compactMap { beep in
            self.flashes.map { (beep - $0) * 1000 }.min { abs($0) < abs($1) }
        }.filter { abs($0) < 500 }.sorted()
        return offsets.count >= 2 ? offsets[offsets.count / 2] : nil
    }

    /// What there is of it in a part of the file, seconds from its start.
    package func within(_ part: Range<Double>) -> AVOffset {
        AVOffset(flashes: self.flashes.filter(part.contains), beeps: self.beeps.filter(part.contains))
    }

    /// Decodes the input and looks and listens.
    package static func measure(
        _ input: String,
        program: String = FFmpeg.system,
        options: [String] = [],
        deadline: Duration = .seconds(120)
    ) async throws(ProgramError) -> AVOffset {
        var arguments = ["-hide_banner", "-nostdin", "-nostats"] + options + ["-i", input]
        arguments += ["-vf", "blackdetect=d=0.02:pic_th=0.60:pix_th=0.30"]
        arguments += ["-af", "silencedetect=n=-25dB:d=0.1", "-f", "null", "-"]
        let result = try await Program.run(program, arguments, deadline: deadline)
        return AVOffset(
            flashes: Self.numbers(after: "black_end:", in: result.errorText),
            beeps: Self.numbers(after: "silence_end: ", in: result.errorText)
        )
    }

    private static func numbers(after words: String, in text: String) -> [Double] {
        text.components(separatedBy: words).dropFirst().compactMap { rest in
            Double(rest.prefix { $0.isNumber || $0 == "." || $0 == "-" })
        }
    }
}

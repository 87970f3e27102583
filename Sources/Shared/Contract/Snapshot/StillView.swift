/// A small picture of a stream's newest keyframe, for the operator. It comes from a process that is not trusted, so it is samples
/// and no file: whoever shows it makes the file.
package struct StillView: Hashable, Sendable, Codable {
    /// When the keyframe came.
    package let at: Instant

    package let width: Int
    package let height: Int

    /// Brightness and colour differences row by row, a character each; colour has half as many rows and columns, or none.
    private let luma: String
    private let blue: String
    private let red: String

    /// The most samples across and down: with them a message of the control socket is well below its limit.
    package static let most = 320

    /// - Parameters:
    ///   - at: When the keyframe came.
    ///   - width: Samples across, at most ``most``.
    ///   - height: Samples down.
    ///   - luma: 0 is black and 255 white.
    ///   - blue: 128 is grey; nothing where there is no colour.
    ///   - red: The same.
    package init(at: Instant, width: Int, height: Int, luma: [UInt8], blue: [UInt8], red: [UInt8]) {
        self.at = at
        self.width = width
        self.height = height
        self.luma = Self.text(luma)
        self.blue = Self.text(blue)
        self.red = Self.text(red)
    }

    /// What is shown of a picture of a size.
    package static func size(of width: Int, by height: Int) -> PixelSize {
        let (width, height) = (min(max(width, 1), 1 << 16), min(max(height, 1), 1 << 16))
        let longer = max(width, height)
        guard longer > Self.most else { return PixelSize(width: width, height: height) }
        return PixelSize(width: max(width * Self.most / longer, 1), height: max(height * Self.most / longer, 1))
    }

    /// The samples; nil where they are not as many as the size wants, or it is none.
    package var samples: (luma: [UInt8], blue: [UInt8], red: [UInt8])? {
        let bounds = 1...Self.most
        guard bounds.contains(self.width), bounds.contains(self.height) else { return nil }
        let colour = Self.half(self.width) * Self.half(self.height)
        guard let luma = Self.samples(self.luma, self.width * self.height) else { return nil }
        if self.blue.isEmpty, self.red.isEmpty { return (luma, [], []) }
        guard let blue = Self.samples(self.blue, colour), let red = Self.samples(self.red, colour) else { return nil }
        return (luma, blue, red)
    }

    /// Of rows or columns, those that colour has.
    package static func half(_ count: Int) -> Int { count / 2 + count % 2 }

    /// The upper six bits of a sample are a character from here on: a byte of JSON each, and as much as a small picture shows.
    private static let first = UInt8(ascii: "0")

    private static func text(_ samples: [UInt8]) -> String {
        String(decoding: samples.map { Self.first + $0 >> 2 }, as: UTF8.self)
    }

    private static func samples(_ text: String, _ count: Int) -> [UInt8]? {
        guard text.utf8.count == count else { return nil }
        var samples: [UInt8] = []
        samples.reserveCapacity(count)
        for character in text.utf8 {
            guard character >= Self.first, character < Self.first + 64 else { return nil }
            let bits = character - Self.first
            samples.append(bits << 2 | bits >> 4)
        }
        return samples
    }
}

package import Media

/// What a picture has of lines of text: how high they are, and how far their strokes stand out.
///
/// Text is what has many strokes side by side in a row of pixels, in some rows one above the other, with hardly any above and
/// below: leaves, hair and noise have them everywhere, and edges of things have few.
package struct TextFigures: Hashable, Sendable {
    /// Pieces of lines that were found.
    package let lines: Int

    /// Their median height, pixels: of the letters without what hangs below and stands out above in few of them.
    package let height: Double

    /// The median of how far strokes stand out against what is between them, of 255.
    package let contrast: Double

    /// How coarsely the tiles are coded that have them, on H.264's scale; nil where that is not known.
    package let quantiser: Double?

    /// Less than this is the ringing of a coder beside an edge, of 255.
    private static let least = 10
    /// So often brightness turns in a row of a tile that has text, and in one between two lines.
    private static let dense = 5
    private static let quiet = 2
    /// So near above and below a line is nothing, pixels.
    private static let margin = 3
    private static let heights = 3...48
    /// Fewer pieces may be anything.
    package static let leastLines = 8
    /// So many tiles are enough to find the text of a picture in, and quick to look through.
    package static let tiles = 96

    /// Nil where there is no text.
    package init?(_ tiles: [LumaTile]) {
        var found: [(height: Int, contrast: Int)] = []
        var coding: (sum: Double, count: Int) = (0, 0)
        for tile in tiles {
            let before = found.count
            Self.find(tile, &found)
            guard let quantiser = tile.quantiser else { continue }
            coding.sum += quantiser * Double(found.count - before)
            coding.count += found.count - before
        }
        guard found.count >= Self.leastLines else { return nil }
        self.lines = found.count
        self.quantiser = coding.count > 0 ? coding.sum / Double(coding.count) : nil
        self.height = Double(found.map(\.height).sorted()[found.count / 2])
        self.contrast = Double(found.map(\.contrast).sorted()[found.count / 2])
    }

    private static func find(_ tile: LumaTile, _ found: inout [(height: Int, contrast: Int)]) {
        guard let darkest = tile.luma.min(), let brightest = tile.luma.max(), brightest - darkest > Self.least else {
            return
        }
        let rows = (0..<LumaTile.rows).map { Self.turns(tile, row: $0) }
        var row = 0
        while row < rows.count {
            guard rows[row].count >= Self.dense else {
                row += 1
                continue
            }
            let first = row
            while row < rows.count, rows[row].count >= Self.dense { row += 1 }
            // One that reaches the edge goes on beyond it.
            guard Self.heights.contains(row - first), first > 0, row < rows.count,
                Self.isQuiet(rows[max(first - Self.margin, 0)..<first]),
                Self.isQuiet(rows[row..<min(row + Self.margin, rows.count)])
            else { continue }
            let turns = rows[first..<row].flatMap(\.self).sorted()
            found.append((row - first, turns[turns.count * 3 / 4]))
        }
    }

    private static func isQuiet(_ rows: ArraySlice<[Int]>) -> Bool { rows.contains { $0.count <= Self.quiet } }

    /// How far brightness goes from each of its turns in a row to the next.
    private static func turns(_ tile: LumaTile, row: Int) -> [Int] {
        let start = row * LumaTile.columns
        var turns: [Int] = []
        var (low, high) = (Int(tile.luma[start]), Int(tile.luma[start]))
        var isRising: Bool?
        for index in start..<(start + LumaTile.columns) {
            let value = Int(tile.luma[index])
            switch isRising {
            case true?:
                high = max(high, value)
                guard high - value > Self.least else { continue }
                turns.append(high - low)
                (isRising, low) = (false, value)
            case false?:
                low = min(low, value)
                guard value - low > Self.least else { continue }
                turns.append(high - low)
                (isRising, high) = (true, value)
            case nil:
                (low, high) = (min(low, value), max(high, value))
                guard high - low > Self.least else { continue }
                isRising = value == high
            }
        }
        return turns
    }
}

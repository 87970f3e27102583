/// A picture as far as a check looks at it: brightness and colour at places on a grid, which are spread evenly over it.
package struct StillPicture: Hashable, Sendable {
    /// The most places across and down.
    package static let columns = 160
    package static let rows = 90

    /// Pixels of the picture itself.
    package let width: Int
    package let height: Int

    /// Brightness, row by row: 0 is black and 255 white, whatever range the coding uses.
    package let luma: [UInt8]

    /// Colour differences at fewer places, 128 is grey; both empty where there is no colour.
    package let blue: [UInt8]
    package let red: [UInt8]

    /// Parts of it with all their pixels, spread over it; empty unless they were asked for.
    package let tiles: [LumaTile]

    package init(
        width: Int,
        height: Int,
        luma: [UInt8],
        blue: [UInt8] = [],
        red: [UInt8] = [],
        tiles: [LumaTile] = []
    ) {
        self.width = width
        self.height = height
        self.luma = luma
        self.blue = blue
        self.red = red
        self.tiles = tiles
    }
}

/// A rectangle of a picture, pixel by pixel: large enough to hold a line of text with what is above and below it.
package struct LumaTile: Hashable, Sendable {
    package static let columns = 64
    package static let rows = 96

    /// Brightness, row by row: 0 is black and 255 white.
    package let luma: [UInt8]

    /// How coarsely it is coded, on H.264's scale; nil where the decoder does not tell.
    package let quantiser: Double?

    /// - Parameters:
    ///   - luma: of ``columns`` times ``rows`` pixels.
    ///   - quantiser: how coarsely it is coded, where that is known.
    package init(_ luma: [UInt8], quantiser: Double? = nil) {
        precondition(luma.count == Self.columns * Self.rows, "a tile is whole")
        self.luma = luma
        self.quantiser = quantiser
    }

    /// The upper left corners of as many tiles as a picture has, or as are wanted of them, spread evenly over it.
    package static func places(width: Int, height: Int, most: Int) -> [(x: Int, y: Int)] {
        let (across, down) = (max(width, 0) / Self.columns, max(height, 0) / Self.rows)
        let (all, overflow) = across.multipliedReportingOverflow(by: down)
        guard !overflow, all > 0, most > 0 else { return [] }
        let count = min(all, most)
        return (0..<count).map { index in
            let (row, column) = (index * all / count).quotientAndRemainder(dividingBy: across)
            return (column * Self.columns, row * Self.rows)
        }
    }
}

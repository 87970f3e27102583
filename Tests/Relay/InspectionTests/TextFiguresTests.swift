import Inspection
import Media
import Testing

@Suite struct TextFiguresTests {
    /// A tile with rows of strokes: lines of letters so high, with as much between them.
    private func tile(
        height: Int,
        paper: UInt8 = 230,
        ink: UInt8 = 20,
        pitch: Int = 4,
        quantiser: Double? = nil
    ) -> LumaTile {
        let rows = 0..<LumaTile.rows
        let luma = rows.flatMap { row in
            (0..<LumaTile.columns).map { column in
                row / height % 2 == 1 && column % pitch < pitch / 2 ? ink : paper
            }
        }
        return LumaTile(luma, quantiser: quantiser)
    }

    @Test(arguments: [4, 8, 16]) func linesHaveAHeightAndAContrast(_ height: Int) throws {
        let text = try #require(TextFigures(Array(repeating: self.tile(height: height), count: 8)))
        #expect(text.height == Double(height))
        #expect(text.contrast == 210)
        // The last line of a tile reaches its edge: it may go on beyond.
        #expect(text.lines == 8 * (LumaTile.rows / height / 2 - 1))
        #expect(text.quantiser == nil)
    }

    @Test func lightTextOnADarkPageIsTheSame() throws {
        let tiles = Array(repeating: self.tile(height: 8, paper: 30, ink: 90), count: 4)
        #expect(try #require(TextFigures(tiles)).contrast == 60)
    }

    @Test func whereTheTextIsCountsForHowItIsCoded() throws {
        let page = LumaTile(Array(repeating: 230, count: LumaTile.columns * LumaTile.rows), quantiser: 50)
        let tiles = [self.tile(height: 8, quantiser: 20), self.tile(height: 8, quantiser: 30), page, page]
        #expect(try #require(TextFigures(tiles)).quantiser == 25)
    }

    @Test func whatIsEverywhereOrHardlyAnywhereIsNoText() {
        var state: UInt32 = 1
        let noise = LumaTile(
            (0..<LumaTile.columns * LumaTile.rows).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(truncatingIfNeeded: state >> 24)
            }
        )
        // A fence, and the edges of a few things.
        let fence = LumaTile((0..<LumaTile.columns * LumaTile.rows).map { $0 % 4 < 2 ? 20 : 220 })
        let things = self.tile(height: 8, pitch: 40)
        // What a coder leaves around an edge.
        let faint = self.tile(height: 8, paper: 120, ink: 112)
        let blank = LumaTile(Array(repeating: 16, count: LumaTile.columns * LumaTile.rows))
        for tile in [noise, fence, things, faint, blank] {
            #expect(TextFigures(Array(repeating: tile, count: TextFigures.tiles)) == nil)
        }
        #expect(TextFigures([]) == nil)
        // One word in a corner.
        #expect(TextFigures([self.tile(height: 16), blank]) == nil)
    }

    @Test func tilesAreSpreadOverThePicture() {
        #expect(LumaTile.places(width: 1280, height: 720, most: 1000).count == 20 * 7)
        let places = LumaTile.places(width: 3840, height: 2160, most: 96)
        #expect(places.count == 96)
        #expect(Set(places.map(\.y)).count == 2160 / LumaTile.rows)
        #expect(Set(places.map(\.x)).count > 30)
        #expect(places.allSatisfy { $0.x + LumaTile.columns <= 3840 && $0.y + LumaTile.rows <= 2160 })
        for (width, height) in [(63, 720), (1280, 95), (0, 0), (-1, 5), (Int.max, Int.max)] {
            #expect(LumaTile.places(width: width, height: height, most: 8).allSatisfy { $0.x >= 0 && $0.y >= 0 })
        }
        #expect(LumaTile.places(width: 63, height: 720, most: 8).isEmpty)
        #expect(LumaTile.places(width: 1280, height: 720, most: 0).isEmpty)
    }
}

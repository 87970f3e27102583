import ConsoleToolkit
import Contract
import NIOHTTP1
import Testing

/// A small picture of a stream for the operator, made by the host of samples that it has counted.
@Suite struct StillTests {
    private let address = "/api/v1/relays/live/streams/main/still"

    private static func still(
        width: Int = 4,
        height: Int = 3,
        luma: Int? = nil,
        colour: Int? = nil,
        red: UInt8 = 128
    ) -> StillView {
        let colours = colour ?? StillView.half(width) * StillView.half(height)
        return StillView(
            at: Scene.now,
            width: width,
            height: height,
            luma: (0..<(luma ?? width * height)).map { UInt8($0 * 16 % 256) },
            blue: Array(repeating: 128, count: colours),
            red: Array(repeating: red, count: colours)
        )
    }

    @Test func aStillIsABitmapAndNothingElse() async throws {
        let desk = try Desk()
        desk.host.still = Self.still()
        let answer = try #require(await desk.ask(.GET, self.address))
        #expect(answer.status == 200)
        #expect(answer.headers.first(name: "Content-Type") == "image/bmp")
        #expect(answer.headers.first(name: "X-Content-Type-Options") == "nosniff")
        #expect(answer.headers.first(name: "Content-Security-Policy") == "default-src 'none'; sandbox")
        #expect(Array(answer.body.prefix(2)) == Array("BM".utf8))
        #expect(answer.body.count == 54 + 4 * 3 * 3)
        // The lowest row comes first, grey is grey.
        #expect(Array(answer.body[54..<57]) == [130, 130, 130])
        #expect(Array(answer.body.suffix(12).prefix(3)) == [0, 0, 0])
    }

    @Test func colourIsShown() async throws {
        let desk = try Desk()
        desk.host.still = Self.still(width: 1, height: 1, red: 248)
        let pixel = try #require(await desk.ask(.GET, self.address)).body[54..<57].map(Int.init)
        #expect(pixel[2] > 200 && pixel[1] == 0 && pixel[0] == 0, "\(pixel)")
    }

    static let lies = [
        still(luma: 3), still(colour: 1), still(width: 0, luma: 0), still(width: -4, height: -3, luma: 12, colour: 4),
        still(width: 321, height: 1), still(width: .max, height: .max, luma: 12, colour: 4),
    ]

    @Test(arguments: Self.lies) func whatIsNoPictureIsNotShown(_ still: StillView) async throws {
        let desk = try Desk()
        desk.host.still = still
        let answer = try #require(await desk.ask(.GET, self.address))
        #expect(answer.status == 500)
        #expect(answer.text.contains("sent a picture that is none"))
    }

    @Test func beforeTheFirstThereIsNone() async throws {
        let desk = try Desk()
        #expect(await desk.status(.GET, self.address) == 404)
        #expect(await desk.status(.GET, "/api/v1/relays/quiet/streams/other/still") == 404)
        #expect(await desk.status(.GET, "/api/v1/relays/none/streams/main/still") == 404)
        #expect(await desk.status(.POST, self.address) == 405)
    }

    @Test(arguments: [(1920, 1080, 320, 180), (1080, 1920, 180, 320), (100, 50, 100, 50), (16384, 1, 320, 1)])
    func aStillIsSmall(width: Int, height: Int, columns: Int, rows: Int) {
        #expect(StillView.size(of: width, by: height) == PixelSize(width: columns, height: rows))
    }
}

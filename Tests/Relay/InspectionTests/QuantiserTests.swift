import Inspection
import Libav
import Media
import NIOCore
import Testing
import Toolkit

/// How coarsely a keyframe is coded, by its slices and by its blocks.
@Suite struct QuantiserTests {
    private static let moving = "testsrc2=size=320x192:rate=10,format=yuv420p"

    /// x264 codes keyframes three steps finer than it is told for the others.
    @Test(arguments: [21, 33]) func ofH264(_ quantiser: Int) async throws {
        let scratch = try Scratch("quantiser")
        let told = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-qp", "\(quantiser + 3)"]
        let reader = try await KeyframeReader.encoded(Self.moving, in: scratch.file("a.flv"), told)
        let (keyframe, configuration) = (try #require(reader.keyframes.last), try #require(reader.configuration))
        #expect(KeyframeQuantiser.mean(of: keyframe, configuration) == Double(quantiser))
        let still = try StillDecoder.still(of: keyframe, configuration, pixels: 1 << 20, tiles: 96)
        let tiles = try #require(still).tiles
        #expect(tiles.count == 10)
        #expect(tiles.allSatisfy { $0.quantiser == Double(quantiser) })
        // Nobody has to look at them.
        #expect(try StillDecoder.still(of: keyframe, configuration, pixels: 1 << 20)?.tiles == [])
    }

    @Test(arguments: [20, 35]) func ofHEVC(_ quantiser: Int) async throws {
        let scratch = try Scratch("quantiser")
        let told = ["-c:v", "libx265", "-preset", "ultrafast"]
        let parameters = "log-level=error:open-gop=0:bframes=0:qp=\(quantiser):ipratio=1:aq-mode=0"
        let reader = try await KeyframeReader.encoded(
            Self.moving,
            by: try await FFmpeg.modern(),
            in: scratch.file("a.flv"),
            told + ["-x265-params", parameters]
        )
        let (keyframe, configuration) = (try #require(reader.keyframes.last), try #require(reader.configuration))
        #expect(KeyframeQuantiser.mean(of: keyframe, configuration) == Double(quantiser))
        let still = try StillDecoder.still(of: keyframe, configuration, pixels: 1 << 20, tiles: 4)
        #expect(try #require(still).tiles.map(\.quantiser) == [nil, nil, nil, nil])
    }

    /// What strangers send wrong says nothing, or something on the scale.
    @Test func rubbishSaysNothingThatIsImpossible() async throws {
        let scratch = try Scratch("quantiser")
        let told = ["-c:v", "libx264", "-preset", "ultrafast"]
        let reader = try await KeyframeReader.encoded(Self.moving, in: scratch.file("a.flv"), told)
        let configuration = try #require(reader.configuration)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            var picture = try #require(reader.keyframes.first)
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<min(picture.writerIndex, 64), using: &generator)
                picture.setInteger(UInt8.random(in: 0...255, using: &generator), at: place)
            }
            let found = KeyframeQuantiser.mean(of: picture, configuration)
            #expect(found.map { (0...51).contains($0) } ?? true)
        }
        #expect(KeyframeQuantiser.mean(of: ByteBuffer(), configuration) == nil)
    }
}

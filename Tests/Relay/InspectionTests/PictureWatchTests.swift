import Contract
import Inspection
import Media
import NIOCore
import Testing
import Toolkit

/// What is known of a picture where decoders fail.
@Suite struct PictureWatchTests {
    @Test func whatWasSeenIsForgottenWhereNothingCanBeSeenAnyMore() async throws {
        let scratch = try Scratch("picture")
        let reader = try await KeyframeReader.encoded(
            "color=black:size=64x48:rate=10",
            in: scratch.file("black.flv"),
            ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
        )
        let configuration = try #require(reader.configuration)
        let black = try #require(reader.keyframes.first)
        // As long as it says, and nothing that a decoder knows.
        let broken = ByteBuffer(bytes: [0, 0, 0, 3, 0x65, 0xFF, 0xFF])
        var watch = PictureWatch(.video, configuration, pixels: 1 << 20)
        var now: Int64 = 0
        func look(_ keyframe: ByteBuffer) {
            watch.keep(keyframe)
            watch.look(forText: false, at: now)
            now += 2_000_000
        }
        look(black)
        #expect(watch.inspection?.isBlack == true)
        // One may be damaged.
        for _ in 0..<2 { look(broken) }
        #expect(watch.failures == 2)
        #expect(watch.inspection?.isBlack == true && !watch.isUnreadable)
        look(broken)
        #expect(watch.inspection == nil && watch.isUnreadable)
        for _ in 0..<5 { look(broken) }
        #expect(watch.failures == 8)
        look(black)
        #expect(watch.inspection?.isBlack == true && !watch.isUnreadable)
    }
}

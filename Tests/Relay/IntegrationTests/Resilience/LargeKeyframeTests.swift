import NIOCore
import StreamToolkit
import Testing
import Toolkit
import Wire

/// Keyframes of megabytes, as encoders send them of confetti, of noise and at bitrates set too high.
@Suite("Large keyframes", .serialized, .timeLimit(.minutes(2)))
struct LargeKeyframeTests {
    @Test("One that is larger than a frame may be is left out and named, and the stream goes on behind it")
    func tooLarge() async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.quick { $0.limits["frame"] = "2MiB" }
        let bystander = try await Bystander(relay)
        let viewers = [try TestViewer.rtmp(relay), try TestViewer.flv(relay), try TestViewer.ts(relay)]
        let publisher = try await TestPublisher.onAir(relay)
        try publisher.send(material.whole(marked: 0))
        for viewer in viewers { try await viewer.wait(for: 0) }
        try publisher.send(material.frames(marked: 1, round: 1).map { Mark.pad($0, by: 3_000_000) })
        try publisher.send(material.frames(marked: 2, round: 2))
        for viewer in viewers {
            try await viewer.wait(for: 2)
            let state = viewer.seen.state
            #expect(!state.isCut && state.trouble == nil, "\(viewer.name): \(state)")
            #expect(state.bytes < 3_000_000, "\(viewer.name)")
        }
        let words = "is larger than limits.frame (2MiB); lower the bitrate or the keyframe size of the encoder"
        let page = try await HTTP.get(relay.page("health/live/main")) { $0.text.contains("media_left_out") }
        #expect(page.text.contains(words), "\(page.text)")
        try await bystander.goesOn("beside a keyframe that is too large")
    }
}

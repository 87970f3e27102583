import Media
import NIOCore
import StreamToolkit
import Testing
import Toolkit
import Wire

extension RealPrograms {
    /// Cameras and hardware encoders that change the picture's size send its parameter sets with the next keyframe, and the
    /// record that RTMP has for them not again.
    @Suite("Parameter sets among the pictures")
    struct ParameterSets {
        private struct Page: Decodable {
            var resolution: String?
        }

        /// Frames whose keyframes bring what the record says. They begin a second late: what came before them had sound for
        /// longer than its second.
        private static func withSets(_ material: Material, round: Int) throws -> [FLVTag] {
            let head = try #require(material.headers.first { $0.kind == .video })
            let record = try AVCDecoderConfiguration(record: ByteBuffer(head.body.readableBytesView.dropFirst(5)))
            var sets = ByteBuffer()
            for set in record.sequenceParameterSets + record.pictureParameterSets {
                sets.writeInteger(UInt32(set.readableBytes))
                sets.writeImmutableBuffer(set)
            }
            return material.frames(marked: round, round: round + 1).map { tag in
                guard tag.kind == .video, tag.body.readableBytesView.first == 0x17 else { return tag }
                var tag = tag
                var body = ByteBuffer(tag.body.readableBytesView.prefix(5))
                body.writeImmutableBuffer(sets)
                body.writeBytes(tag.body.readableBytesView.dropFirst(5))
                tag.body = body
                return tag
            }
        }

        private static func waitForSize(_ size: String, on relay: RelayProcess) async throws {
            _ = try await HTTP.get(relay.page("health/live/main")) { response in
                (try? response.json(Page.self))?.resolution == size
            }
        }

        @Test("A new size that only the pictures tell is told to newcomers, to those who watch and by health")
        func newSize() async throws {
            let before = try await Material.usual()
            let after = try await Material(
                Sample(.h264Baseline, .aac, seconds: 1, size: "426x240", sampleRate: 44_100)
            )
            let relay = try await RelayProcess.quick()
            let publisher = try await TestPublisher.onAir(relay)
            let viewers = [try TestViewer.rtmp(relay), try TestViewer.flv(relay), try TestViewer.ts(relay)]
            try publisher.send(before.whole(marked: 0))
            for viewer in viewers { try await viewer.wait(for: 0) }
            try await Self.waitForSize("320x180", on: relay)
            let told = viewers.map(\.seen.state.configurations)

            let sending = Task {
                let start = ContinuousClock.now
                for round in 1... {
                    try publisher.send(Self.withSets(after, round: round))
                    try await Task.sleep(until: start + .seconds(round))
                }
            }
            defer { sending.cancel() }
            for viewer in viewers { try await viewer.wait(for: 1) }
            try await Self.waitForSize("426x240", on: relay)
            for outlet in [Outlet.rtmp, .flv, .ts] {
                let streams = try await FFprobe.streams(
                    outlet.address(on: relay),
                    options: ["-analyzeduration", "1500000"]
                )
                let picture = try #require(streams.first { $0.codecType == "video" }, "\(outlet)")
                #expect(picture.width == 426 && picture.height == 240, "\(outlet): \(picture)")
            }
            for (viewer, told) in zip(viewers, told) {
                let state = viewer.seen.state
                #expect(!state.isCut && state.trouble == nil && state.regressions.isEmpty, "\(viewer.name): \(state)")
                #expect(viewer.name == "TS" || state.configurations > told, "\(viewer.name)")
            }
        }
    }
}

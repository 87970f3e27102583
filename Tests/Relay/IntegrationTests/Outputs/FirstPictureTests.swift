import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("The first picture")
    struct FirstPicture {
        /// Far apart, so that who waited for the next keyframe would wait for long.
        private static let sample = Sample(.h264, .aac, seconds: 30, keyframeInterval: 10)

        @Test("A viewer gets the newest keyframe on tape at once", arguments: [Outlet.rtmp, .flv])
        func newestKeyframe(_ outlet: Outlet) async throws {
            let source = try await Self.sample.path()
            let relay = try await RelayProcess.quick()
            let publisher = try Encoder.start(source, to: relay.publishAddress())
            // This takes it some seconds of pictures behind the first keyframe.
            try await relay.expectLive(codecs: ["h264", "aac"])
            let scratch = try Scratch("first")
            let file = scratch.file("first.flv").path
            // They write down what comes as it comes, where ffmpeg looks at seconds of it first.
            let viewer =
                outlet == .rtmp
                ? "rtmpdump --quiet --live --rtmp '\(outlet.address(on: relay))' --flv -"
                : "curl --silent --no-buffer '\(outlet.address(on: relay))'"
            let keyframe = try #require(try await FFprobe.packets(source).video().first).size
            let began = ContinuousClock.now
            try await Program.run(
                "sh",
                ["-c", "\(viewer) | head --bytes=\(keyframe + 1000) >'\(file)'"],
                deadline: .seconds(30)
            )
            let waited = began.duration(to: .now)
            #expect(publisher.isRunning)
            // The next keyframe is far away; starting the viewer is in this, on a machine that may be busy.
            #expect(waited < .seconds(3))
            Figures.note("first picture, \(outlet), its start included: \(waited)")

            let track = AccessUnits.Track(specifier: "v:0", codec: "h264")
            let sent = try await AccessUnits.hashes(of: source, track, inTransportStream: false)
            let got = try await AccessUnits.hashes(of: file, track, inTransportStream: false)
            let place = try #require(sent.firstIndex { $0 == got.first })
            #expect(place % (10 * Sample.frameRate) == 0, "picture \(place) is no keyframe")
        }

        @Test(
            "Over HTTP it is there within a second, at a keyframe interval of ten",
            arguments: [Outlet.flv, .ts, .mp4]
        )
        func overHTTP(_ outlet: Outlet) async throws {
            let source = try await Self.sample.path()
            let relay = try await RelayProcess.quick()
            let publisher = try Encoder.start(source, to: relay.publishAddress())
            try await relay.expectLive(codecs: ["h264", "aac"])
            let keyframe = try #require(try await FFprobe.packets(source).video().first).size
            let began = ContinuousClock.now
            let response = try await HTTP.request(outlet.address(on: relay), limit: keyframe + 1000)
            let waited = began.duration(to: .now)
            #expect(response.status == 200)
            #expect(response.isCut)
            #expect(response["Cache-Control"]?.contains("no-cache") == true)
            #expect(waited < .seconds(3))
            #expect(publisher.isRunning)
            Figures.note("first picture, \(outlet), by HTTP: \(waited)")
        }
    }
}

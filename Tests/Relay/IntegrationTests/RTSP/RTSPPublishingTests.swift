import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Publishing by RTSP")
    struct RTSPPublishing {
        @Test("Everything ffmpeg sends comes out", arguments: RTSPWay.allCases)
        func ffmpeg(_ way: RTSPWay) async throws {
            let relay = try await RelayProcess.withRTSP()
            let sample = Sample(.h264, .aac)
            let source = try await sample.path()
            let outlets: [Outlet] = [.rtmp, .ts, .mp4]
            let recording = try await Recording.make(of: outlets, on: relay) {
                let address = relay.rtspAddress(key: "publish-key")
                let result = try await RTSPEncoder.ffmpeg(source, to: address, by: way).result(within: .seconds(60))
                #expect(result.ending == .exit(0), "\(result.errorText)")
            }
            let sent = try await DecodedFrame.all(of: source).map(\.hash)
            for outlet in outlets {
                let file = try recording.file(outlet)
                let got = try await DecodedFrame.all(of: file).map(\.hash)
                // The pictures are the source's, in one run; the last may wait for a next that never comes.
                #expect(sent.starts(with: got), "\(outlet) \(way)")
                #expect(got.count >= sent.count - 1, "\(outlet) \(way): \(got.count) of \(sent.count)")
                #expect(try await FFprobe.packets(file).isMonotonic, "\(outlet) \(way)")
                #expect(Set(try await FFprobe.streams(file).compactMap(\.codecName)) == ["h264", "aac"], "\(outlet)")
            }
            let offset = try #require(try await AVOffset.measure(source).milliseconds)
            let got = try #require(try await AVOffset.measure(recording.file(.mp4)).milliseconds)
            #expect(abs(got - offset) <= 45, "sound is \(got) ms behind the picture, in the source \(offset) ms")
            Figures.note("A/V offset, RTSP in by \(way): \(got - offset) ms")
        }

        @Test("Codecs of newer encoders", arguments: [Sample(.hevc, .opus), Sample(nil, .opus)])
        func modern(_ sample: Sample) async throws {
            let relay = try await RelayProcess.withRTSP()
            let publisher = try RTSPEncoder.ffmpeg(
                await sample.path(),
                to: relay.rtspAddress(key: "publish-key"),
                by: .tcp,
                program: await FFmpeg.modern(),
                repeats: 10
            )
            try await relay.expectLive(codecs: sample.codecNames)
            #expect(publisher.isRunning)
        }

        @Test("GStreamer's rtspclientsink goes on air", arguments: RTSPWay.allCases)
        func gstreamer(_ way: RTSPWay) async throws {
            let relay = try await RelayProcess.withRTSP()
            let publisher = try RTSPEncoder.gstreamer(to: relay.rtspAddress(key: "publish-key"), by: way)
            try await relay.expectLive(codecs: ["h264", "opus"])
            #expect(publisher.isRunning)
        }

        @Test("A password serves as the key, and a wrong one is refused with a sentence")
        func password() async throws {
            let relay = try await RelayProcess.withRTSP()
            let host = try #require(relay.addresses["rtsp"])
            let source = try await Sample().path()
            let publisher = try RTSPEncoder.ffmpeg(
                source,
                to: "rtsp://anybody:publish-key@\(host)/live/main",
                by: .tcp,
                repeats: 10
            )
            try await relay.expectLive(codecs: ["h264", "aac"])
            #expect(publisher.isRunning)
            for (address, sentence) in [
                ("rtsp://anybody:wr0ng-one@\(host)/live/other", "The password is not this relay's key"),
                ("rtsp://\(host)/live/other?key=wr0ng-one", "The key is not this relay's"),
                ("rtsp://\(host)/live/other", "The stream key is missing"),
            ] {
                let result = try await RTSPEncoder.ffmpeg(source, to: address, by: .tcp).result(within: .seconds(30))
                #expect(result.ending != .exit(0))
                #expect(result.errorText.contains(sentence), "\(address): \(result.errorText)")
            }
            try await relay.program.line(containing: "no_key")
            #expect(!relay.log.contains("wr0ng-one") && !relay.log.contains("publish-key"))
        }

        @Test("An encoder that comes back goes on with the same stream", arguments: RTSPWay.allCases)
        func comesBack(_ way: RTSPWay) async throws {
            let relay = try await RelayProcess.withRTSP { $0.sourceTimeout = "1s" }
            let source = try await Sample().path()
            let address = relay.rtspAddress(key: "publish-key")
            let first = try RTSPEncoder.ffmpeg(source, to: address, by: way, repeats: 10)
            try await relay.expectLive(codecs: ["h264", "aac"])
            first.kill()
            try await relay.expectState("stale")
            let second = try RTSPEncoder.ffmpeg(source, to: address, by: way, repeats: 10)
            try await relay.expectLive(codecs: ["h264", "aac"])
            #expect(second.isRunning)
            // One with the key takes over from the one on air.
            let third = try RTSPEncoder.ffmpeg(source, to: address, by: way, repeats: 10)
            _ = try await second.result(within: .seconds(20))
            try await relay.expectLive(codecs: ["h264", "aac"])
            #expect(third.isRunning)
        }
    }
}

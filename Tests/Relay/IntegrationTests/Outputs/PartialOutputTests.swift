import Foundation
import Testing
import Toolkit

extension RealPrograms {
    /// A track that a format cannot carry, or that a player cannot know, is missing there and nowhere else.
    @Suite("Outputs that carry a part")
    struct PartialOutput {
        @Test("AV1 with AAC comes as sound by MPEG-TS, and AV1 alone is refused there in words")
        func av1() async throws {
            let relay = try await RelayProcess.quick()
            let modern = try await FFmpeg.modern()
            let source = try await Sample(.av1, .aac, size: "160x96").path()
            let both = try Encoder.start(source, to: relay.publishAddress(), program: modern, repeats: 1000)
            let picture = try Encoder.start(
                source,
                to: relay.publishAddress("picture"),
                program: modern,
                repeats: 1000,
                maps: ["-map", "0:v"]
            )
            try await relay.expectLive(codecs: ["av1", "aac"])
            try await relay.expectLive(codecs: ["av1"], of: "picture")
            let address = Outlet.ts.address(on: relay)
            let streams = try await FFprobe.streams(address, options: ["-analyzeduration", "1000000"])
            #expect(streams.map(\.codecName) == ["aac"])
            for outlet in [Outlet.ts, .hlsTS] {
                let refusal = try await HTTP.get(outlet.address(on: relay, stream: "picture"))
                #expect(refusal.status == 406)
                #expect(refusal.text.contains("AV1"))
            }
            let page = try await HTTP.get(relay.page("health/live/main")).text
            #expect(page.contains("AV1") && page.contains("not_in_format"))
            #expect(both.isRunning && picture.isRunning)
        }

        @Test("A second sound keeps nobody from the first: Debian's ffmpeg by RTMP, Chromium by MP4 and HLS")
        func secondSound() async throws {
            let relay = try await RelayProcess.quick()
            let source = try await Sample(.h264, .aac).path()
            let publisher = try Encoder.start(
                source,
                to: relay.publishAddress(),
                program: try await FFmpeg.modern(),
                repeats: 1000,
                maps: ["-map", "0:v", "-map", "0:a", "-map", "0:a"]
            )
            try await relay.waitForPlaylist()
            for outlet in [Outlet.rtmp, .flv] {
                let result = try await Program.run(
                    FFmpeg.system,
                    ["-hide_banner", "-nostdin", "-loglevel", "error", "-i", outlet.address(on: relay)]
                        + ["-frames:v", "30", "-f", "framemd5", "-"],
                    deadline: .seconds(60)
                )
                let frames = result.outputText.split(separator: "\n")
                #expect(frames.count { $0.hasPrefix("0,") } == 30, "\(outlet)")
                #expect(frames.contains { $0.hasPrefix("1,") }, "\(outlet)")
            }
            let text = try await HTTP.get(Outlet.hls.address(on: relay)).text
            #expect(text.components(separatedBy: "#EXT-X-MEDIA:TYPE=AUDIO").count == 3)
            #expect(text.contains("URI=\"main/sound-1/media.m3u8\""))
            let script = Checkout.root.appendingPathComponent("Tests/Players/chromium.py").path
            for outlet in [Outlet.mp4, .hls] {
                let result = try await Program.run(
                    "python3",
                    [script, outlet.address(on: relay), "2"],
                    deadline: .seconds(100)
                )
                let account = try JSONDecoder().decode(Chromium.Account.self, from: result.output)
                #expect(account.error == nil && account.played >= 2 && account.audioBytes > 0, "\(outlet): \(account)")
            }
            #expect(publisher.isRunning)
        }
    }
}

import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Codecs of old")
    struct OmittedCodecs {
        private struct Page: Decodable {
            struct Omission: Decodable {
                var part: String
                var codec: String
                var reason: String
            }

            var sentence: String
            var faults: [String]
            var omissions: [Omission]?
            var tracks: [HealthPage.Track]?
        }

        /// What ffmpeg sends in a codec of old, and which of its parts is left out as what.
        struct Case: Sendable {
            var name: String
            var options: [String]
            var part: String
            var codec: String
            var kept: Set<String>
        }

        private static let cases = [
            Case(
                name: "nelly",
                options: h264 + ["-c:a", "nellymoser", "-ar", "44100", "-ac", "1"],
                part: "audio",
                codec: "Nellymoser",
                kept: ["h264"]
            ),
            Case(
                name: "speex",
                options: h264 + ["-c:a", "libspeex", "-ar", "16000", "-ac", "1"],
                part: "audio",
                codec: "Speex",
                kept: ["h264"]
            ),
            Case(
                name: "adpcm",
                options: h264 + ["-c:a", "adpcm_swf", "-ar", "44100"],
                part: "audio",
                codec: "ADPCM",
                kept: ["h264"]
            ),
            Case(
                name: "pcm",
                options: ["-vn", "-c:a", "pcm_s16le", "-ar", "44100"],
                part: "audio",
                codec: "PCM",
                kept: []
            ),
            Case(
                name: "sorenson",
                options: ["-c:v", "flv1", "-c:a", "aac"],
                part: "video",
                codec: "Sorenson H.263",
                kept: ["aac"]
            ),
        ]

        private static let h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-pix_fmt", "yuv420p"]

        @Test("What a relay does not carry is named by health, and what it carries goes on")
        func named() async throws {
            let relay = try await RelayProcess.start()
            let encoders = try Self.cases.map { one in
                try Program.start(
                    FFmpeg.system,
                    ["-hide_banner", "-nostdin", "-loglevel", "error", "-re"]
                        + ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=15"]
                        + ["-f", "lavfi", "-i", "sine=sample_rate=44100"]
                        + one.options + ["-f", "flv", relay.publishAddress(one.name)]
                )
            }
            for one in Self.cases {
                let answer = try await HTTP.get(relay.page("health/live/\(one.name)")) { response in
                    guard let page = try? response.json(Page.self) else { return false }
                    // Where nothing else comes the stream is not judged yet, and its sentence says why.
                    return (one.kept.isEmpty || page.faults.contains("media_left_out"))
                        && page.sentence.contains(one.codec)
                        && Set((page.tracks ?? []).map(\.codec)).isSuperset(of: one.kept)
                }
                let page = try answer.json(Page.self)
                let omission = try #require(page.omissions?.first)
                #expect(omission.part == one.part && omission.codec == one.codec, "\(one.name): \(page)")
                #expect(omission.reason == "unsupported_codec")
                #expect(relay.log.components(separatedBy: "(\(one.codec)) is not relayed").count == 2, "\(one.name)")
            }
            for encoder in encoders { #expect(encoder.isRunning, "\(encoder.lastWords)") }
        }
    }
}

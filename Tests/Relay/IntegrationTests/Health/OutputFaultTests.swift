import Foundation
import Testing
import Toolkit

/// Forms of a stream that a real relay cannot write, or not keep, while others of the same stream are well.
@Suite("What health says of outputs", .timeLimit(.minutes(2)))
struct OutputFaultTests {
    private struct Page: Decodable {
        var state: String
        var sentence: String
        var faults: [String]
    }

    /// Pictures of one size. At 12 Mbit/s each is within `limits.frame`, and a fragment of six is above what a tape of that limit
    /// takes; the picture behind it is left out as well, so that nothing remains of 14.
    private static func publish(to relay: RelayProcess, stream: String, kilobits: Int) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi"]
                + ["-i", "testsrc2=size=320x180:rate=30", "-c:v", "libx264", "-preset", "ultrafast"]
                + ["-tune", "zerolatency", "-threads", "1", "-pix_fmt", "yuv420p", "-g", "14", "-keyint_min", "14"]
                + ["-sc_threshold", "0", "-b:v", "\(kilobits)k", "-minrate", "\(kilobits)k"]
                + ["-maxrate", "\(kilobits)k", "-bufsize", "\(kilobits / 30)k", "-x264-params", "nal-hrd=cbr"]
                + ["-f", "flv", relay.publishAddress(stream)]
        )
    }

    /// Asks for a file once a second.
    private static func ask(_ relay: RelayProcess, _ file: String) -> Task<Void, Never> {
        Task {
            await withTaskGroup { group in
                while !Task.isCancelled {
                    group.addTask { _ = try? await HTTP.get(relay.page("live/\(file)")) }
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    private static func fault(
        _ fault: String,
        of stream: String,
        on relay: RelayProcess,
        saying words: String
    ) async throws {
        let page = try? await HTTP.get(relay.page("health/live/\(stream)")) { response in
            guard let page = try? response.json(Page.self) else { return false }
            return page.faults.contains(fault) && page.sentence.contains(words)
        }
        guard page == nil else { return }
        let last = try await HTTP.get(relay.page("health/live/\(stream)")).text
        Issue.record("\(stream) is not called \(fault):\n\(last)\n\(relay.log)")
    }

    @Test func whatCannotBeWrittenOrKeptIsTold() async throws {
        let relay = try await RelayProcess.quick { configuration in
            configuration.limits["frame"] = "64KiB"
            configuration.limits["tape"] = "1MiB"
        }
        let (large, long) = ("large", "long")
        let encoders = try [(large, 12_000), (long, 2000)].map { try Self.publish(to: relay, stream: $0, kilobits: $1) }
        for stream in [large, long] { try await relay.expectLive(codecs: ["h264"], of: stream) }
        let questions = [Self.ask(relay, "large/hls/media.m3u8"), Self.ask(relay, "long/ts/media.m3u8")]
        defer { for question in questions { question.cancel() } }
        // The playlist's viewers stand still, which is the first thing that is said.
        try await Self.fault("playlist_stopped", of: large, on: relay, saying: "is too large for the relay")
        try await Self.fault("format_unavailable", of: large, on: relay, saying: "The playlist of MP4 and HLS")
        try await Self.fault("tape_short", of: long, on: relay, saying: "seconds are kept for MPEG-TS")
        let metrics = try await HTTP.get(relay.page("metrics")).text
        for fault in ["playlist_stopped", "format_unavailable"] {
            #expect(metrics.contains("stream_fault{relay=\"live\",stream=\"large\",fault=\"\(fault)\"} 1\n"))
            #expect(metrics.contains("stream_fault{relay=\"live\",stream=\"long\",fault=\"\(fault)\"} 0\n"))
        }
        #expect(metrics.contains("stream_fault{relay=\"live\",stream=\"long\",fault=\"tape_short\"} 1\n"))
        for encoder in encoders { #expect(encoder.isRunning, "\(encoder.lastWords)") }
        try await relay.stop()
    }
}

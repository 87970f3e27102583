import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Sending by RTP")
    struct RTPPublishing {
        /// A stream of one track, what describes it, and who sends it.
        private struct Source: Sendable {
            var name: String
            var codec: String
            var kind = "a"
            var map: String
            var parameters = ""
            /// Of GStreamer, up to the packets; nil: ffmpeg sends VP9.
            var pipeline: String?

            func declaration(_ port: UInt16) -> String {
                let lines = [
                    "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
                    "m=\(self.kind == "v" ? "video" : "audio") \(port) RTP/AVP 96", "a=rtpmap:96 \(self.map)",
                    "a=fmtp:96 \(self.parameters)", "",
                ]
                return "  \(self.name): { rtp: { sdp: \"\(lines.joined(separator: "\\n"))\" } }"
            }

            func start(_ port: UInt16) throws -> Program {
                guard let pipeline else {
                    return try Program.start(
                        FFmpeg.system,
                        ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi"]
                            + ["-i", "testsrc2=size=320x180:rate=25", "-c:v", "libvpx-vp9", "-deadline", "realtime"]
                            + ["-cpu-used", "8", "-g", "25", "-pix_fmt", "yuv420p", "-strict", "experimental"]
                            + ["-f", "rtp", "rtp://127.0.0.1:\(port)?pkt_size=1200"]
                    )
                }
                let words = "\(pipeline) pt=96 ! udpsink host=127.0.0.1 port=\(port)"
                return try Program.start(
                    "sh",
                    ["-c", "exec gst-launch-1.0 \(words.replacingOccurrences(of: "!", with: "'!'"))"]
                )
            }
        }

        private static let sound = "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels="
        private static let sources = [
            Source(
                name: "dolby",
                codec: "ac3",
                map: "AC3/48000",
                pipeline: "\(Self.sound)2 ! audioconvert ! avenc_ac3 bitrate=384000 ! rtpac3pay"
            ),
            Source(
                name: "surround",
                codec: "opus",
                map: "multiopus/48000/6",
                parameters: "num_streams=4;coupled_streams=2;channel_mapping=0,4,1,2,3,5",
                pipeline: "\(Self.sound)6,\"channel-mask=(bitmask)0x3f\" ! opusenc ! rtpopuspay"
            ),
            Source(
                name: "gstreamer",
                codec: "vp9",
                kind: "v",
                map: "VP9/90000",
                pipeline: "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 "
                    + "! vp9enc deadline=1 cpu-used=8 keyframe-max-dist=25 ! rtpvp9pay"
            ),
            Source(name: "ffmpeg", codec: "vp9", kind: "v", map: "VP9/90000"),
        ]

        @Test("AC-3, Opus of six channels, and VP9 of two programs are received and play")
        func codecs() async throws {
            let ports = try FreePorts.take(2 * Self.sources.count)
            let relay = try await RelayProcess.quick { configuration in
                configuration.more =
                    ["streams:"] + Self.sources.enumerated().map { $1.declaration(ports[2 * $0]) }
            }
            let programs = try Self.sources.enumerated().map { try $1.start(ports[2 * $0]) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for source in Self.sources {
                    group.addTask {
                        try await relay.expectLive(codecs: [source.codec], of: source.name)
                        let frames = try await DecodedFrame.all(
                            of: relay.stream(source.name, ".mp4"),
                            kind: source.kind,
                            options: ["-t", "1"]
                        )
                        #expect(frames.count >= 20, "\(source.name): \(frames.count)")
                    }
                }
                try await group.waitForAll()
            }
            let streams = try await FFprobe.streams(relay.stream("surround", ".mp4"))
            #expect(streams.map(\.channels) == [6])
            for program in programs { #expect(program.isRunning, "\(program.lastWords)") }
        }
    }
}

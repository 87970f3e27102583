import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Publishing with GStreamer and librtmp")
    struct OtherPublishers {
        /// Elements that send FLV; `rtmpsink` is librtmp.
        enum Sink: String, CaseIterable {
            case rtmp2sink, rtmpsink

            func location(_ host: String, key: String) -> String {
                switch self {
                case .rtmp2sink: "rtmp://\(host)/live/main?key=\(key)"
                // librtmp cuts the address at '?', so it is told the parts.
                case .rtmpsink: "rtmp://\(host)/live app=live playpath=main?key=\(key) live=1"
                }
            }
        }

        @Test("Pictures and sound arrive whole", arguments: Sink.allCases)
        func publish(_ sink: Sink) async throws {
            let relay = try await RelayProcess.quick()
            let host = try #require(relay.addresses["rtmp"])
            let recording = try await Recording.make(of: [.rtmp, .flv, .ts, .mp4], on: relay) {
                let result = try await Self.start(sink, sink.location(host, key: "publish-key")).result(
                    within: .seconds(60)
                )
                #expect(result.ending == .exit(0), "\(result.errorText)")
            }
            for outlet in [Outlet.rtmp, .flv, .ts, .mp4] {
                let file = try recording.file(outlet)
                #expect(try await DecodedFrame.all(of: file).count == 60, "\(outlet)")
                #expect(try await FFprobe.packets(file).isMonotonic, "\(outlet)")
                #expect(Set(try await FFprobe.streams(file).compactMap(\.codecName)) == ["h264", "aac"], "\(outlet)")
            }
        }

        @Test("A wrong key ends the program with an error", arguments: Sink.allCases)
        func wrongKey(_ sink: Sink) async throws {
            let relay = try await RelayProcess.quick()
            let host = try #require(relay.addresses["rtmp"])
            let result = try await Self.start(sink, sink.location(host, key: "wr0ng-one")).result(within: .seconds(60))
            #expect(result.ending != .exit(0))
            try await relay.program.line(containing: "The key is not this relay's")
            #expect(!relay.log.contains("wr0ng-one"))
        }

        private static func start(_ sink: Sink, _ location: String) throws -> Program {
            let video =
                "videotestsrc is-live=true num-buffers=60 ! video/x-raw,width=320,height=180,framerate=30/1 "
                + "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! queue ! mux."
            let audio =
                "audiotestsrc is-live=true samplesperbuffer=1024 num-buffers=90 ! audio/x-raw,rate=48000,channels=2 "
                + "! voaacenc ! aacparse ! queue ! mux."
            let mux = "flvmux name=mux streamable=true ! \(sink.rawValue) name=out location=\"\(location)\""
            let words = "\(mux) \(video) \(audio)"
            return try Program.start(
                "sh",
                ["-c", "exec gst-launch-1.0 \(words.replacingOccurrences(of: "!", with: "'!'"))"]
            )
        }
    }
}

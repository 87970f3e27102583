import Testing
import Toolkit
import Wire

extension RealPrograms {
    /// As many viewers as there may be: those who come are told so by every protocol, and those who watch go on.
    @Suite("A full house")
    struct FullHouse {
        private static let sentence = "limits.viewers"

        @Test("One more is refused by RTMP, RTSP, SRT and HTTP")
        func everyProtocol() async throws {
            let relay = try await SRTPeers.relay { configuration in
                configuration.servesRTSP = true
                configuration.limits["viewers"] = "1"
            }
            let publisher = try Encoder.start(try await Sample().path(), to: relay.publishAddress(), repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let guest = try Socket(to: relay.addresses["http"] ?? "")
            try guest.send("GET /live/main.flv HTTP/1.1\r\nHost: relay\r\n\r\n")
            try await relay.says("viewer joined")

            let rtmp = try await Program.start("ffprobe", ["-v", "error", relay.playAddress()]).result(
                within: .seconds(30)
            )
            #expect(rtmp.ending != .exit(0))
            let talk = try RTSPTalk(relay)
            let base = "rtsp://relay/live/main"
            #expect(try await talk.ask("DESCRIBE", base).status == .ok)
            let transport = ["Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"]
            #expect(try await talk.ask("SETUP", "\(base)/trackID=0", transport).status == .ok)
            #expect(try await talk.ask("PLAY", base).status == .notEnoughBandwidth)
            let srt = try SRTPeers.record(from: relay.srt, "read:live/main", to: "/dev/null")
            #expect(try await srt.result(within: .seconds(30)).ending != .exit(0))
            for ending in [".flv", ".ts", ".mp4"] {
                #expect(try await HTTP.get(relay.stream("main", ending)).status == 503, "\(ending)")
            }
            let metrics = try await HTTP.get(relay.page("metrics")).text
            func refused(_ way: String) throws -> Double {
                let series = "play_refusals_total{relay=\"live\",protocol=\"\(way)\",reason=\"too_many\"} "
                let line = try #require(metrics.split(separator: "\n").first { $0.contains(series) })
                return try #require(line.split(separator: " ").last.flatMap { Double($0) })
            }
            #expect(try refused("http") >= 3)
            for way in ["rtmp", "rtsp", "srt"] { #expect(try refused(way) >= 1, "\(way)") }
            // Who was there watches on.
            let before = try await guest.receive()
            #expect(!before.isEmpty)
            #expect(publisher.isRunning)
            withExtendedLifetime(guest) {}
        }
    }
}

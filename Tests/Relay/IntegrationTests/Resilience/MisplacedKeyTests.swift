import FoundationEssentials
import StreamToolkit
import Testing
import Toolkit
import Wire

extension RealPrograms {
    /// People type keys where a stream's name belongs. What they typed must not be found in logs or on pages, and whoever
    /// looks for the slip must see that there was one.
    @Suite("A key in the place of a name")
    struct MisplacedKeys {
        /// A key of another relay, of which this one knows nothing.
        private static let foreign = "Zq7sEcReTkEyOfAnother"
        /// What logs show of it.
        private static let hint = "Zq... (21 characters)"

        private static func relay(_ change: (inout RelayConfiguration) -> Void = { _ in }) async throws -> RelayProcess
        {
            try await SRTPeers.relay { configuration in
                configuration.servesRTSP = true
                configuration.publishKey = "0wnKeyOfThisRelay"
                change(&configuration)
            }
        }

        /// Everybody may see these.
        private static func expectHidden(_ secret: String, on relay: RelayProcess) async throws {
            #expect(!relay.log.contains(secret))
            for page in ["metrics", "health/live", "livez", "readyz"] {
                #expect(!(try await HTTP.get(relay.page(page)).text.contains(secret)), "\(page)")
            }
        }

        @Test("Publishers of every protocol", arguments: [true, false])
        func publishers(isOwn: Bool) async throws {
            let relay = try await Self.relay()
            let secret = isOwn ? "0wnKeyOfThisRelay" : Self.foreign
            let source = try await Sample().path()
            let stream = try await Sample(.h264, .aac, container: "ts").path()
            let sentence =
                isOwn ? "The publish key stands where the stream's name belongs" : "The stream key is missing"
            func lines() -> Int { relay.log.components(separatedBy: "publisher refused").count - 1 }
            let refusal = try #require(try await TestPublisher(relay, stream: secret).refusal())
            #expect(refusal.description.contains(sentence))
            #expect(!refusal.description.contains(secret))
            try await relay.says(sentence)
            let rtsp = try Program.start(
                FFmpeg.system,
                ["-v", "error", "-re", "-i", source, "-c", "copy", "-f", "rtsp", relay.rtspAddress(secret)]
            )
            #expect(try await rtsp.result(within: .seconds(30)).ending != .exit(0))
            let srt = try SRTPeers.publish(stream, to: relay.srt, "publish:live/\(secret)")
            #expect(try await srt.result(within: .seconds(30)).ending != .exit(0))
            #expect(lines() == 3)
            try await Self.expectHidden(secret, on: relay)
        }

        @Test("Viewers of every protocol, who wait for what nobody publishes")
        func viewers() async throws {
            let relay = try await Self.relay()
            let rtmp = try Program.start("ffprobe", ["-v", "error", relay.playAddress(Self.foreign)])
            try await relay.says("by=rtmp")
            let srt = try SRTPeers.record(from: relay.srt, "read:live/\(Self.foreign)", to: "/dev/null")
            try await relay.says("by=srt")
            let http = try Socket(to: relay.addresses["http"] ?? "")
            try http.send("GET /live/\(Self.foreign).flv HTTP/1.1\r\nHost: relay\r\n\r\n")
            try await relay.says("by=flv")
            let playlist = try await HTTP.get(relay.stream(Self.foreign, ".m3u8"))
            #expect(playlist.status == 503 || playlist.status == 404)
            try await Self.expectHidden(Self.foreign, on: relay)
            let shown = relay.log.components(separatedBy: "viewer joined").dropFirst()
            #expect(shown.count == 3)
            #expect(shown.allSatisfy { $0.contains(Self.hint) }, "\(shown)")
            withExtendedLifetime((rtmp, srt, http)) {}
        }

        @Test("Names that the configuration does not have")
        func undeclared() async throws {
            let relay = try await Self.relay { $0.more += ["streams: { main: {} }"] }
            let key = "0wnKeyOfThisRelay"
            let refusal = try await TestPublisher(relay, stream: "\(Self.foreign)?key=\(key)").refusal()
            #expect(try #require(refusal).description.contains("'Zq...' (21 characters); its streams are 'main'"))
            let talk = try RTSPTalk(relay)
            #expect(try await talk.ask("DESCRIBE", "rtsp://relay/live/\(Self.foreign)").status == .notFound)
            try await relay.says("player refused")
            for ending in [".flv", ".ts", ".mp4", ".m3u8", ".sdp"] {
                let answer = try await HTTP.get(relay.stream(Self.foreign, ending))
                #expect(answer.status == 404)
                #expect(!answer.text.contains(Self.foreign), "\(ending)")
            }
            let health = try await HTTP.get(relay.page("health/live/\(Self.foreign)"))
            #expect(health.status == 404 && !health.text.contains(Self.foreign))
            #expect(relay.log.contains("'Zq...' (21 characters)"))
            try await Self.expectHidden(Self.foreign, on: relay)
        }

        @Test("In the place of the relay's name")
        func relayName() async throws {
            let relay = try await Self.relay()
            let talk = try RTSPTalk(relay)
            #expect(try await talk.ask("DESCRIBE", "rtsp://relay/\(Self.foreign)/main").status == .notFound)
            try await relay.says("There is no relay 'Zq...' (21 characters) here")
            try await Self.expectHidden(Self.foreign, on: relay)
        }

        @Test("A name that is published is spoken of as it is")
        func known() async throws {
            let relay = try await Self.relay()
            let publisher = try Encoder.start(try await Sample().path(), to: relay.publishAddress(), repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let http = try Socket(to: relay.addresses["http"] ?? "")
            try http.send("GET /live/main.flv HTTP/1.1\r\nHost: relay\r\n\r\n")
            try await relay.says("viewer joined")
            let line = try #require(relay.log.split(separator: "\n").last { $0.contains("viewer joined") })
            #expect(line.contains("stream=main"), "\(line)")
            withExtendedLifetime((publisher, http)) {}
        }
    }
}

import Foundation
import Testing
import Toolkit
import Wire

extension RealPrograms {
    @Suite("Playing by RTSP from a multicast group")
    struct RTSPMulticast {
        private static let base = "rtsp://relay/live/main"

        /// A stream on air, and groups that do not leave this machine (`ttl: 0`): players join where the routing table says.
        private static func stage(_ lines: [String]) async throws -> Stage {
            let relay = try await RelayProcess.withRTSP { $0.more = lines }
            let publisher = try Encoder.start(try await Sample().path(), to: relay.publishAddress(), repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            return Stage(relay: relay, publisher: publisher)
        }

        private static func groups() throws -> [String] {
            let ports = try FreePorts.take(16)
            return ["multicast: { groups: 239.255.42.64/28, ports: \(ports[0])-\(ports[15]), ttl: 0 }"]
        }

        @Test("ffmpeg and GStreamer share one cast, which the last of them ends")
        func shared() async throws {
            let stage = try await Self.stage(try Self.groups())
            let scratch = try Scratch("multicast")
            let file = scratch.file("out.mkv").path
            let recorder = try RTSPRecorder.start(
                stage.relay.rtspAddress(),
                transport: "udp_multicast",
                seconds: 5,
                into: file
            )
            try await stage.relay.program.line(containing: "multicast of a stream begins")
            let player = try Program.start(
                "gst-launch-1.0",
                ["--verbose", "rtspsrc", "location=\(stage.relay.rtspAddress())", "protocols=udp-mcast", "name=s"]
                    + ["s.", "!", "rtph264depay", "!", "avdec_h264", "!", "fakesink", "name=pictures", "silent=false"]
                    + ["sync=false", "s.", "!", "rtpmp4gdepay", "!", "avdec_aac", "!", "fakesink", "name=sound"]
                    + ["silent=false", "sync=false"]
            )
            let (pictures, sounds) = try await OtherPlayers.count(25, of: player)
            #expect(pictures >= 25 && sounds >= 25, "\(player.lastWords)")
            let result = try await recorder.result(within: .seconds(60))
            #expect(result.ending == .exit(0), "\(result.errorText)")
            let frames = try await DecodedFrame.all(of: file).count
            #expect(frames >= 115, "\(frames) pictures in 5 s")
            #expect(try await FFprobe.packets(file).neverGoesBack)
            // The player was killed first, and the cast went on; its session lives on until it times out.
            try await stage.relay.program.line(containing: "multicast of a stream ended", within: .seconds(90))
            let log = stage.relay.log
            #expect(log.components(separatedBy: "multicast of a stream begins").count == 2)
            #expect(log.components(separatedBy: "viewer joined").count == 3)
            let last = log.range(of: "viewer left", options: .backwards)?.lowerBound
            let end = log.range(of: "multicast of a stream ended")?.lowerBound
            #expect(try #require(last) < #require(end), "\(log)")
        }

        @Test("A client is told group, ports, reach and sender, and leaves by TEARDOWN")
        func answers() async throws {
            let stage = try await Self.stage(try Self.groups())
            let talk = try RTSPTalk(stage.relay)
            let wish = ["Transport": "RTP/AVP;multicast;destination=224.2.2.2;port=9000-9001;ttl=9"]
            var transports: [RTSPTransport] = []
            for track in 0...1 {
                let answer = try await talk.ask("SETUP", "\(Self.base)/trackID=\(track)", wish)
                #expect(answer.status == .ok)
                transports += RTSPTransport.offers(in: answer.headers["Transport"] ?? "", limit: 1)
            }
            #expect(transports.count == 2 && transports.allSatisfy { $0.isMulticast && $0.ttl == 0 && $0.ssrc == nil })
            #expect(transports.allSatisfy { $0.source != nil && $0.destination == transports.first?.destination })
            #expect(transports.first?.destination?.hasPrefix("239.255.42.") == true)
            let ports = transports.compactMap(\.port)
            #expect(ports.count == 2 && ports[0].rtp + 2 == ports[1].rtp && ports[0].rtp + 1 == ports[0].rtcp)
            #expect(
                try await talk.ask("SETUP", "\(Self.base)/trackID=1", ["Transport": "RTP/AVP;unicast;client_port=1-2"])
                    .status == .unsupportedTransport
            )
            #expect(try await talk.ask("PLAY", Self.base).status == .ok)
            try await stage.relay.program.line(containing: "multicast of a stream begins")
            #expect(try await talk.ask("TEARDOWN", Self.base).status == .ok)
            try await stage.relay.program.line(containing: "multicast of a stream ended")
        }

        @Test("Without groups that are set apart multicast is refused, and the log says what to write")
        func refused() async throws {
            let port = try FreePorts.take(4)[0]
            let stage = try await Self.stage([
                "streams:", "  main: {}", "  hall:",
                "    push: { hall: { to: 'rtp://239.255.42.33:\(port)', ttl: 7, interface: lo } }",
            ])
            let talk = try RTSPTalk(stage.relay)
            let wish = ["Transport": "RTP/AVP;multicast"]
            let answer = try await talk.ask("SETUP", "\(Self.base)/trackID=0", wish)
            #expect(answer.status == .unsupportedTransport)
            let line = try await stage.relay.program.line(containing: "multicast refused")
            #expect(line.contains("239.255.42.0/24"), "\(line)")
            // The next of its wishes may be served.
            let or = ["Transport": "RTP/AVP;multicast,RTP/AVP/TCP;interleaved=0-1"]
            #expect(try await talk.ask("SETUP", "\(Self.base)/trackID=0", or).status == .ok)
            // What goes to a group anyway is heard there.
            let hall = try Encoder.start(
                try await Sample().path(),
                to: stage.relay.publishAddress("hall"),
                repeats: 1000
            )
            let other = try RTSPTalk(stage.relay)
            #expect(try await other.ask("DESCRIBE", "rtsp://relay/live/hall").status == .ok)
            let pushed = try await other.ask("SETUP", "rtsp://relay/live/hall/trackID=1", wish)
            let transport = RTSPTransport.offers(in: pushed.headers["Transport"] ?? "", limit: 1).first
            #expect(transport?.destination == "239.255.42.33" && transport?.ttl == 7)
            #expect(transport?.port?.rtp == port + 2)
            withExtendedLifetime(hall) {}
        }
    }
}

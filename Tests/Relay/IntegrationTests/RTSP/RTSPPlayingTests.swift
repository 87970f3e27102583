import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Playing by RTSP")
    struct RTSPPlaying {
        /// A stream that came by RTMP and goes on.
        private static func stage(_ sample: Sample = Sample(.h264, .aac)) async throws -> Stage {
            let relay = try await RelayProcess.withRTSP()
            let program = try await sample.needsModern ? FFmpeg.modern() : FFmpeg.system
            let publisher = try Encoder.start(
                try await sample.path(),
                to: relay.publishAddress(),
                program: program,
                repeats: 1000
            )
            try await relay.expectLive(codecs: sample.codecNames)
            return Stage(relay: relay, publisher: publisher)
        }

        @Test("ffmpeg records sound and pictures in step", arguments: RTSPWay.allCases)
        func ffmpeg(_ way: RTSPWay) async throws {
            let stage = try await Self.stage()
            let scratch = try Scratch("rtsp")
            let file = scratch.file("out.mkv").path
            let player = try RTSPRecorder.start(stage.relay.rtspAddress(), by: way, seconds: 6, into: file)
            let result = try await player.result(within: .seconds(60))
            #expect(result.ending == .exit(0), "\(result.errorText)")
            let packets = try await FFprobe.packets(file)
            #expect(packets.neverGoesBack)
            let frames = try await DecodedFrame.all(of: file).count
            #expect(frames >= 140, "\(frames) pictures in 6 s")
            let sent = try #require(try await AVOffset.measure(Sample(.h264, .aac).path()).milliseconds)
            let got = try #require(try await AVOffset.measure(file).milliseconds)
            #expect(abs(got - sent) <= 45, "sound is \(got) ms behind the picture, in the source \(sent) ms")
            Figures.note("A/V offset, RTSP out by \(way): \(got - sent) ms")
        }

        @Test("GStreamer decodes pictures and sound", arguments: RTSPWay.allCases)
        func gstreamer(_ way: RTSPWay) async throws {
            let stage = try await Self.stage()
            let player = try Program.start(
                "gst-launch-1.0",
                [
                    "--verbose", "rtspsrc", "location=\(stage.relay.rtspAddress())", "protocols=\(way.rawValue)",
                    "name=s",
                ]
                    + ["s.", "!", "rtph264depay", "!", "avdec_h264", "!", "fakesink", "name=pictures", "silent=false"]
                    + ["sync=false", "s.", "!", "rtpmp4gdepay", "!", "avdec_aac", "!", "fakesink", "name=sound"]
                    + ["silent=false", "sync=false"]
            )
            let (pictures, sounds) = try await OtherPlayers.count(25, of: player)
            #expect(pictures >= 25, "\(player.lastWords)")
            #expect(sounds >= 25, "\(player.lastWords)")
            player.kill()
        }

        @Test("mpv shows pictures", arguments: RTSPWay.allCases)
        func mpv(_ way: RTSPWay) async throws {
            let stage = try await Self.stage()
            let result = try await Program.run(
                "mpv",
                ["--no-config", "--vo=null", "--ao=null", "--frames=30", "--msg-level=all=warn,cplayer=info"]
                    + ["--rtsp-transport=\(way.rawValue)", stage.relay.rtspAddress()],
                deadline: .seconds(60)
            )
            let said = result.outputText + result.errorText
            #expect(said.contains("VO: [null] 320x180"), "\(said)")
            #expect(said.contains("AO: [null] 48000Hz"), "\(said)")
        }

        @Test("A viewer of one track gets that track alone")
        func oneTrack() async throws {
            let stage = try await Self.stage()
            let scratch = try Scratch("rtsp")
            let file = scratch.file("out.mkv").path
            let player = try Program.start(
                FFmpeg.system,
                ["-hide_banner", "-nostdin", "-loglevel", "warning", "-rtsp_transport", "tcp", "-allowed_media_types"]
                    + ["audio", "-i", stage.relay.rtspAddress(), "-t", "3", "-c", "copy", "-y", file]
            )
            let result = try await player.result(within: .seconds(60))
            #expect(result.ending == .exit(0), "\(result.errorText)")
            #expect(try await FFprobe.streams(file).compactMap(\.codecName) == ["aac"])
        }

        @Test("A viewer stays while its encoder is gone, and sees it come back")
        func publisherDrops() async throws {
            let relay = try await RelayProcess.withRTSP { $0.sourceTimeout = "1s" }
            let source = try await Sample().path()
            let address = relay.rtspAddress(key: "publish-key")
            let first = try RTSPEncoder.ffmpeg(source, to: address, by: .tcp, repeats: 100)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let scratch = try Scratch("rtsp")
            let file = scratch.file("out.mkv").path
            let player = try RTSPRecorder.start(relay.rtspAddress(), by: .tcp, seconds: 8, into: file)
            try await relay.program.line(containing: "viewer joined")
            first.kill()
            try await relay.expectState("stale")
            let second = try RTSPEncoder.ffmpeg(source, to: address, by: .tcp, repeats: 100)
            let result = try await player.result(within: .seconds(60))
            #expect(result.ending == .exit(0), "\(result.errorText)")
            #expect(second.isRunning)
            #expect(try await FFprobe.packets(file).neverGoesBack)
        }

        @Test("Who plays before anybody publishes is given some patience")
        func early() async throws {
            let relay = try await RelayProcess.withRTSP()
            let scratch = try Scratch("rtsp")
            let file = scratch.file("out.mkv").path
            let player = try RTSPRecorder.start(relay.rtspAddress(), by: .tcp, seconds: 2, into: file)
            let source = try await Sample().path()
            let publisher = try RTSPEncoder.ffmpeg(
                source,
                to: relay.rtspAddress(key: "publish-key"),
                by: .tcp,
                repeats: 100
            )
            let result = try await player.result(within: .seconds(60))
            #expect(result.ending == .exit(0), "\(result.errorText)")
            #expect(publisher.isRunning)
            let nobody = try RTSPRecorder.start(relay.rtspAddress("empty"), by: .tcp, seconds: 1, into: file)
            let refused = try await nobody.result(within: .seconds(30))
            #expect(refused.ending != .exit(0))
            #expect(refused.errorText.contains("404 Nobody publishes 'live/empty'"), "\(refused.errorText)")
        }

        @Test("Venues show their token in the address or as a password")
        func venues() async throws {
            let relay = try await RelayProcess.withRTSP {
                $0.more = ["play: venues", "venues:", "  kyoto: { token: t0ken-of-kyoto }"]
            }
            let host = try #require(relay.addresses["rtsp"])
            let source = try await Sample().path()
            let publisher = try Encoder.start(source, to: relay.publishAddress(), repeats: 100)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let scratch = try Scratch("rtsp")
            let file = scratch.file("out.mkv").path
            for address in ["\(host)/live/main?token=t0ken-of-kyoto", "kyoto:t0ken-of-kyoto@\(host)/live/main"] {
                let player = try RTSPRecorder.start("rtsp://\(address)", by: .tcp, seconds: 1, into: file)
                let result = try await player.result(within: .seconds(60))
                #expect(result.ending == .exit(0), "\(result.errorText)")
            }
            for address in ["\(host)/live/main", "kyoto:wr0ng@\(host)/live/main", "\(host)/live/main?token=wr0ng"] {
                let player = try RTSPRecorder.start("rtsp://\(address)", by: .tcp, seconds: 1, into: file)
                let result = try await player.result(within: .seconds(60))
                #expect(result.ending != .exit(0))
                #expect(result.errorText.contains("401"), "\(result.errorText)")
            }
            #expect(publisher.isRunning)
            #expect(!relay.log.contains("t0ken") && !relay.log.contains("wr0ng"))
        }
    }
}

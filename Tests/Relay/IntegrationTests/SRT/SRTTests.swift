import Foundation
import Glibc
import Testing
import Toolkit

extension RealPrograms {
    @Suite("SRT")
    struct SRT {
        private static let publish = [
            "publish:live/main:publish-key", "#!::r=live/main,m=publish,key=publish-key",
            "#!::m=publish,s=publish-key,r=live/main",
            // As ffmpeg passes on what was typed in an address.
            "publish%3Alive%2Fmain%3Apublish-key",
        ]

        @Test("Streams are published and read by both forms of stream ids", arguments: Self.publish)
        func bothForms(_ streamID: String) async throws {
            let relay = try await SRTPeers.relay()
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let publisher = try SRTPeers.publish(source, to: relay.srt, streamID, repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let read = streamID.hasPrefix("#") ? "#!::r=live/main" : "read:live/main"
            let result = try await Program.run(
                FFmpeg.system,
                ["-hide_banner", "-nostdin", "-loglevel", "warning", "-srt_streamid", read, "-i", "srt://\(relay.srt)"]
                    + ["-map", "0:v", "-map", "0:a", "-frames:v", "45", "-fps_mode", "passthrough"]
                    + ["-f", "framemd5", "-"],
                deadline: .seconds(60)
            )
            let frames = result.outputText.split(separator: "\n").filter { !$0.hasPrefix("#") }
            #expect(frames.count { $0.hasPrefix("0,") } == 45)
            #expect(frames.contains { $0.hasPrefix("1,") })
            for word in ["error", "Invalid", "corrupt", "missing", "non-existing", "concealing"] {
                #expect(!result.errorText.contains(word), "\(result.errorText)")
            }
            try await relay.says("viewer left")
            #expect(publisher.isRunning)
            #expect(!relay.log.contains("publish-key"))
        }

        @Test("Every access unit goes in and out as it was", arguments: [Sample.Video.h264, .hevc])
        func faithful(_ video: Sample.Video) async throws {
            let relay = try await SRTPeers.relay()
            let source = try await Sample(video, .aac, container: "ts").path()
            let scratch = try Scratch("srt")
            let file = scratch.file("got.ts").path
            let viewer = try SRTPeers.record(from: relay.srt, "read:live/main", to: file)
            try await relay.says("viewer joined")
            _ = try await SRTPeers.publish(source, to: relay.srt, Self.publish[0]).result(within: .seconds(60))
            try await relay.says("source lost")
            try await relay.stop()
            _ = try await viewer.result(within: .seconds(30))
            let sent = try await DecodedFrame.all(of: source)
            let got = try await DecodedFrame.all(of: file)
            // An encoder that ends does not wait for what is on its way.
            #expect(got.count >= sent.count - 12)
            #expect(got.dropLast(3).map(\.hash).elementsEqual(sent.prefix(max(got.count - 3, 0)).map(\.hash)))
            let packets = try await FFprobe.packets(file)
            #expect(packets.isMonotonic)
            let sounds = try await FFprobe.packets(source).audio()
            #expect(packets.audio().count >= sounds.count - 36)
            let before = try #require(try await AVOffset.measure(source).milliseconds)
            let after = try #require(try await AVOffset.measure(file).milliseconds)
            #expect(abs(after - before) <= 45)
            Figures.note("A/V offset, SRT in and out, \(video.rawValue): \(after - before) ms")
        }

        @Test("Who may not come in is told so, and nothing of a secret is logged")
        func refusals() async throws {
            let relay = try await SRTPeers.relay { $0.more += ["streams: { main: {} }"] }
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let wrong = [
                ("publish:live/main:wr0ng-one", "The key is not this relay's"),
                ("publish:live/main", "The stream key is missing"),
                ("publish:elsewhere/main:publish-key", "There is no relay 'el...' (9 characters) here"),
                ("publish:live/other:publish-key", "This relay has no stream 'ot...' (5 characters)"),
                ("steal:live/main", "The stream id asks for something else than publish"),
                ("#!::r=main,m=publish", "The stream id names no stream"),
            ]
            for (streamID, sentence) in wrong {
                let result = try await SRTPeers.publish(source, to: relay.srt, streamID).result(within: .seconds(30))
                #expect(result.ending != .exit(0), "\(streamID)")
                try await relay.says(sentence)
            }
            let viewer = try SRTPeers.record(from: relay.srt, "read:live/other", to: "/dev/null")
            #expect(try await viewer.result(within: .seconds(30)).ending != .exit(0))
            try await relay.says("player refused")
            #expect(!relay.log.contains("wr0ng-one"))
            let metrics = try await HTTP.get(relay.page("metrics")).text
            #expect(metrics.contains("reason=\"wrong_key\"} 1"))
        }

        /// libsrt would reserve 24 bytes for each packet that a caller says may be under way. Of two greetings the greedy
        /// one goes first, and the other is answered first.
        @Test("Who asks for too much room is not heard")
        func room() async throws {
            let relay = try await SRTPeers.relay()
            let script = """
                import socket, struct, sys
                host, port = sys.argv[1].rsplit(":", 1)
                line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                line.connect((host, int(port)))
                line.settimeout(30)
                for name, window in ((7, 1000000), (8, 8192)):
                    line.send(struct.pack(">16I", 0x80000000, 0, 0, 0, 4, 2, 1, 1500, window, 1, name, 0, 0, 0, 0, 0))
                print(struct.unpack(">I", line.recv(1500)[12:16])[0])
                """
            let answered = try await Program.run("python3", ["-c", script, relay.srt]).outputText
            #expect(answered == "8\n")
        }

        @Test("Each direction has its passphrase")
        func passphrases() async throws {
            let relay = try await SRTPeers.relay([
                "publish_passphrase: publish-passphrase", "play_passphrase: play-passphrase",
            ])
            let source = try await Sample(.h264, .aac, container: "ts").path()
            for options in [[], ["-passphrase", "some-other-passphrase"], ["-passphrase", "play-passphrase"]] {
                let refused = try SRTPeers.publish(source, to: relay.srt, Self.publish[0], options)
                #expect(try await refused.result(within: .seconds(30)).ending != .exit(0))
            }
            try await relay.says("Its passphrase is not the relay's")
            let publisher = try SRTPeers.publish(
                source,
                to: relay.srt,
                Self.publish[0],
                ["-passphrase", "publish-passphrase"],
                repeats: 1000
            )
            try await relay.expectLive(codecs: ["h264", "aac"])
            let wrong = try SRTPeers.record(from: relay.srt, "read:live/main", to: "/dev/null")
            #expect(try await wrong.result(within: .seconds(30)).ending != .exit(0))
            let frames = try await DecodedFrame.all(
                of: "srt://\(relay.srt)",
                options: ["-srt_streamid", "read:live/main", "-passphrase", "play-passphrase", "-t", "1.5"],
                isStrict: false,
                deadline: .seconds(60)
            )
            #expect((30...50).contains(frames.count))
            #expect(publisher.isRunning)
            #expect(!relay.log.contains("play-passphrase"))
        }

        @Test("Venues show their tokens")
        func tokens() async throws {
            let relay = try await SRTPeers.relay {
                $0.more += ["play: venues", "venues: { kyoto: { token: kyoto-token } }"]
            }
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let publisher = try SRTPeers.publish(source, to: relay.srt, Self.publish[0], repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            for streamID in ["read:live/main", "read:live/main:wr0ng-one"] {
                let refused = try SRTPeers.record(from: relay.srt, streamID, to: "/dev/null")
                #expect(try await refused.result(within: .seconds(30)).ending != .exit(0))
            }
            let frames = try await DecodedFrame.all(
                of: "srt://\(relay.srt)",
                options: ["-srt_streamid", "read:live/main:kyoto-token", "-t", "1"],
                isStrict: false,
                deadline: .seconds(60)
            )
            #expect(frames.count >= 20)
            #expect(publisher.isRunning)
            #expect(!relay.log.contains("kyoto-token"))
        }

        @Test("A publisher that is killed loses nobody, and its return goes on in the same stream")
        func comesBack() async throws {
            let relay = try await SRTPeers.relay()
            let source = try await Sample(.h264, .aac, seconds: 2, container: "ts").path()
            let scratch = try Scratch("srt")
            let file = scratch.file("got.ts").path
            let viewer = try SRTPeers.record(from: relay.srt, "read:live/main", to: file)
            try await relay.says("viewer joined")
            let first = try SRTPeers.publish(source, to: relay.srt, Self.publish[0], repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            first.kill()
            try await relay.says("source silent")
            #expect(viewer.isRunning)
            _ = try await SRTPeers.publish(source, to: relay.srt, Self.publish[1]).result(within: .seconds(30))
            try await relay.stop()
            _ = try await viewer.result(within: .seconds(30))
            let packets = try await FFprobe.packets(file)
            #expect(packets.isMonotonic)
            #expect(packets.video().count >= 58 + 15)
        }

        @Test("A second publisher takes over, or is refused where that is off")
        func takeover() async throws {
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let relay = try await SRTPeers.relay()
            let first = try SRTPeers.publish(source, to: relay.srt, Self.publish[0], repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let second = try SRTPeers.publish(source, to: relay.srt, Self.publish[0], repeats: 1000)
            #expect(try await first.result(within: .seconds(30)).ending != .exit(0))
            #expect(second.isRunning)

            let strict = try await SRTPeers.relay { $0.takeover = false }
            let holder = try SRTPeers.publish(source, to: strict.srt, Self.publish[0], repeats: 1000)
            try await strict.expectLive(codecs: ["h264", "aac"])
            let refused = try SRTPeers.publish(source, to: strict.srt, Self.publish[0], repeats: 1000)
            #expect(try await refused.result(within: .seconds(30)).ending != .exit(0))
            try await strict.says("Another publisher is sending this stream")
            #expect(holder.isRunning)
        }
    }
}

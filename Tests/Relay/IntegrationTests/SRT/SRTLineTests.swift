import Foundation
import Glibc
import Testing
import Toolkit

extension RealPrograms {
    @Suite("SRT lines and other programs")
    struct SRTLines {
        @Test("What a bad line loses is sent again in time, and counted")
        func losses() async throws {
            let relay = try await SRTPeers.relay(["latency: 600ms"])
            let weather = LossyLink.Weather(loss: 0.05, duplication: 0.02, reordering: 0.05, jitter: .milliseconds(4))
            let way = try LossyLink(to: relay.srt, weather, seed: 11)
            let back = try LossyLink(to: relay.srt, weather, seed: 12)
            let source = try await Sample(.h264, .aac, seconds: 6, container: "ts").path()
            let scratch = try Scratch("srt")
            let file = scratch.file("got.ts").path
            let viewer = try SRTPeers.record(from: back.address, "read:live/main", to: file)
            try await relay.says("viewer joined")
            let publisher = try SRTPeers.publish(source, to: way.address, "publish:live/main:publish-key")
            try await relay.expectLive(codecs: ["h264", "aac"])
            _ = try await HTTP.get(relay.page("metrics")) { page in
                page.text.split(separator: "\n").contains {
                    $0.contains("link_retransmitted_packets_total{") && !$0.hasSuffix(" 0")
                }
            }
            _ = try await publisher.result(within: .seconds(60))
            try await relay.says("source lost")
            try await relay.stop()
            _ = try await viewer.result(within: .seconds(30))
            #expect(way.counts.lost > 5 && back.counts.lost > 5)
            let sent = try await DecodedFrame.all(of: source)
            let got = try await DecodedFrame.all(of: file)
            // An encoder that ends does not wait for what is on its way.
            #expect(got.count >= sent.count - 30)
            #expect(got.dropLast(3).map(\.hash).elementsEqual(sent.prefix(max(got.count - 3, 0)).map(\.hash)))
        }

        @Test("A line that is cut and mended goes on at a keyframe")
        func cut() async throws {
            let relay = try await SRTPeers.relay()
            let way = try LossyLink(to: relay.srt)
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let publisher = try SRTPeers.publish(
                source,
                to: way.address,
                "publish:live/main:publish-key",
                repeats: 1000
            )
            try await relay.expectLive(codecs: ["h264", "aac"])
            way.cut()
            try await relay.says("source silent")
            way.mend()
            // It is live, but that packets were lost is said for a minute.
            try await relay.expectState("degraded")
            #expect(publisher.isRunning)
            #expect(relay.log.contains("transport stream damaged"))
        }

        @Test("What the configuration calls and pushes to is called, and called again when the line was cut")
        func lines() async throws {
            let far = try await SRTPeers.relay()
            let room = try await SRTPeers.relay(["publish_passphrase: room-passphrase"])
            let way = try LossyLink(to: far.srt)
            let middle = try await RelayProcess.quick { configuration in
                configuration.more = [
                    "streams:", "  main:",
                    "    srt: { call: '\(way.address)', streamid: 'read:live/main', latency: 200ms }", "    push:",
                    "      room:", "        to: 'srt://\(room.srt)?streamid=publish:live/main:publish-key'",
                    "        passphrase: room-passphrase",
                ]
            }
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let publisher = try SRTPeers.publish(source, to: far.srt, "publish:live/main:publish-key", repeats: 1000)
            try await middle.expectLive(codecs: ["h264", "aac"])
            try await room.expectLive(codecs: ["h264", "aac"])
            way.cut()
            try await middle.says("SRT source ended")
            way.mend()
            try await middle.expectLive(codecs: ["h264", "aac"])
            try await room.expectLive(codecs: ["h264", "aac"])
            #expect(publisher.isRunning)
            #expect(!middle.log.contains("publish-key") && !middle.log.contains("room-passphrase"))
        }

        @Test("A viewer that stands still keeps nobody waiting")
        func slowReader() async throws {
            let relay = try await SRTPeers.relay()
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let publisher = try SRTPeers.publish(source, to: relay.srt, "publish:live/main:publish-key", repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let slow = try SRTPeers.record(from: relay.srt, "read:live/main", to: "/dev/null")
            try await relay.says("viewer joined")
            slow.signal(SIGSTOP)
            let frames = try await DecodedFrame.all(
                of: "srt://\(relay.srt)",
                options: ["-srt_streamid", "read:live/main", "-t", "4"],
                isStrict: false,
                deadline: .seconds(60)
            )
            #expect(frames.count >= 110)
            // Who answers nothing for five seconds is gone.
            try await relay.says("reason=left")
            #expect(publisher.isRunning)
        }

        @Test("GStreamer publishes and reads")
        func gstreamer() async throws {
            let relay = try await SRTPeers.relay()
            let scratch = try Scratch("srt")
            let file = scratch.file("got.ts").path
            let viewer = try Self.gst(
                "srtsrc uri=\"srt://\(relay.srt)?mode=caller\" streamid=\"read:live/main\" ! filesink buffer-mode=unbuffered "
                    + "location=\(file)"
            )
            try await relay.says("viewer joined")
            let sender = try Self.gst(
                "mpegtsmux name=mux alignment=7 ! srtsink uri=\"srt://\(relay.srt)?mode=caller\" "
                    + "streamid=\"#!::r=live/main,m=publish,key=publish-key\" wait-for-connection=true "
                    + "videotestsrc is-live=true num-buffers=90 ! video/x-raw,width=320,height=180,framerate=30/1 "
                    + "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! queue ! mux. "
                    + "audiotestsrc is-live=true samplesperbuffer=1024 num-buffers=140 "
                    + "! audio/x-raw,rate=48000,channels=2 ! voaacenc ! aacparse ! queue ! mux."
            )
            _ = try await sender.result(within: .seconds(60))
            try await relay.says("source lost")
            try await relay.stop()
            // It would call again for ever.
            viewer.signal(SIGTERM)
            _ = try await viewer.result(within: .seconds(30))
            #expect(try await DecodedFrame.all(of: file).count >= 85)
            let packets = try await FFprobe.packets(file)
            #expect(packets.isMonotonic)
            #expect(packets.audio().count >= 100)
        }

        @Test("srt-live-transmit carries from UDP and to a file")
        func transmit() async throws {
            let relay = try await SRTPeers.relay()
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let scratch = try Scratch("srt")
            let file = scratch.file("got.ts").path
            let viewer = try Program.start(
                "sh",
                ["-c", "exec srt-live-transmit -q \"srt://\(relay.srt)?streamid=read:live/main\" file://con > \(file)"]
            )
            try await relay.says("viewer joined")
            let sender = try Program.start(
                "sh",
                [
                    "-c",
                    "ffmpeg -loglevel error -nostdin -re -stream_loop -1 -i \(source) -c copy -f mpegts - "
                        + "| srt-live-transmit -q file://con "
                        + "\"srt://\(relay.srt)?streamid=publish:live/main:publish-key\"",
                ]
            )
            try await relay.expectLive(codecs: ["h264", "aac"])
            _ = try await HTTP.get(relay.page("metrics")) { page in
                page.text.split(separator: "\n").contains { line in
                    line.contains("viewer_sent_bytes_total{") && line.contains("\"srt\"")
                        && (line.split(separator: " ").last.flatMap { Double($0) } ?? 0) > 200_000
                }
            }
            viewer.signal(SIGINT)
            _ = try await viewer.result(within: .seconds(30))
            #expect(sender.isRunning)
            #expect(try await DecodedFrame.all(of: file, isStrict: false).count >= 30)
        }

        private static func gst(_ words: String) throws -> Program {
            try Program.start(
                "sh",
                ["-c", "exec gst-launch-1.0 -e \(words.replacingOccurrences(of: " ! ", with: " '!' "))"]
            )
        }
    }
}

import Foundation
import Glibc
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Playing with mpv, VLC, GStreamer and rtmpdump")
    struct OtherPlayers {
        @Test("mpv shows pictures from every output")
        func mpv() async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            for outlet in Outlet.allCases {
                let result = try await Program.run(
                    "mpv",
                    ["--no-config", "--vo=null", "--ao=null", "--frames=30", "--msg-level=all=warn,cplayer=info"]
                        + [outlet.address(on: stage.relay)],
                    deadline: .seconds(60)
                )
                // Said at the first picture and the first sound; then it ends with success at the thirtieth picture.
                let said = result.outputText + result.errorText
                #expect(said.contains("VO: [null] 320x180"), "\(outlet): \(said)")
                #expect(said.contains("AO: [null] 48000Hz"), "\(outlet): \(said)")
            }
        }

        /// VLC 3 does not take a fragmented MP4 that has begun before it came.
        @Test("VLC shows pictures from every output but the progressive MP4")
        func vlc() async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            for outlet in Outlet.allCases where outlet != .mp4 {
                try await Self.vlcShows(outlet.address(on: stage.relay))
            }
        }

        /// Debian's VLC has no RTSP and reads RTP only where it carries MPEG-TS.
        @Test("VLC shows pictures that come by SRT and as MPEG-TS over UDP")
        func vlcDatagrams() async throws {
            let port = try FreePorts.take(1)[0]
            let relay = try await SRTPeers.relay { configuration in
                configuration.more += [
                    "streams:", "  main:", "    push:", "      box: { to: udp://127.0.0.1:\(port) }",
                ]
            }
            let source = try await Sample(.h264, .aac).path()
            let publisher = try Encoder.start(source, to: relay.publishAddress(), program: FFmpeg.system, repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            try await Self.vlcShows("udp://@127.0.0.1:\(port)")
            try await Self.vlcShows("srt://\(relay.srt)?streamid=read:live/main")
            #expect(publisher.isRunning)
        }

        private static func vlcShows(_ address: String) async throws {
            let scratch = try Scratch("vlc")
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: scratch.directory.path)
            // It refuses to run as root.
            let user = geteuid() == 0 ? ["--reuid=65534", "--regid=65534", "--clear-groups"] : []
            let player = try Program.start(
                user.isEmpty ? "env" : "setpriv",
                user + (user.isEmpty ? [] : ["env"])
                    + ["HOME=\(scratch.directory.path)", "XDG_RUNTIME_DIR=\(scratch.directory.path)", "vlc"]
                    + ["--intf", "dummy", "--no-audio", "--vout", "dummy", "--no-media-library", "-vv", address]
            )
            // A display of the pictures' size is opened when the decoder has found what they are.
            try await player.line(containing: "vsz 320x180", within: .seconds(40))
            try await player.line(containing: "Stream buffering done", within: .seconds(40))
            #expect(player.isRunning, "\(address)")
            #expect(!player.said.contains("avcodec decoder error"), "\(address)")
            player.kill()
        }

        @Test("GStreamer decodes pictures and sound from every output")
        func gstreamer() async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            for outlet in Outlet.allCases {
                // What they differ in is what reads RTMP and HLS.
                let bins =
                    outlet == .rtmp ? ["playbin", "rtmpsrc"] : outlet.isHLS ? ["playbin", "playbin3"] : ["playbin"]
                for bin in bins {
                    let address = outlet.address(on: stage.relay)
                    let sinks = [
                        "video-sink=fakesink name=pictures silent=false sync=false",
                        "audio-sink=fakesink name=sound silent=false sync=false",
                    ]
                    let words =
                        bin == "rtmpsrc"
                        ? ["rtmpsrc", "location=\(address) live=1", "!", "flvdemux", "name=d", "d.video", "!", "queue"]
                            + ["!", "decodebin", "!", "fakesink", "name=pictures", "silent=false", "sync=false"]
                            + [
                                "d.audio", "!", "queue", "!", "decodebin", "!", "fakesink", "name=sound",
                                "silent=false",
                            ]
                        : [bin, "uri=\(address)"] + sinks
                    let player = try Program.start("gst-launch-1.0", ["--verbose"] + words)
                    let (pictures, sounds) = try await Self.count(25, of: player)
                    #expect(pictures >= 25, "\(outlet) by \(bin): \(player.lastWords)")
                    #expect(sounds >= 25, "\(outlet) by \(bin): \(player.lastWords)")
                    player.kill()
                }
            }
        }

        @Test("GStreamer's rtmp2src reads what rtmp2sink and ffmpeg write")
        func rtmp2src() async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            let player = try Program.start(
                "gst-launch-1.0",
                ["--verbose", "rtmp2src", "location=\(stage.relay.playAddress())", "!", "flvdemux", "name=d"]
                    + ["d.video", "!", "queue", "!", "h264parse", "!", "avdec_h264", "!", "fakesink", "name=pictures"]
                    + ["silent=false", "sync=false", "d.audio", "!", "queue", "!", "aacparse", "!", "avdec_aac", "!"]
                    + ["fakesink", "name=sound", "silent=false", "sync=false"]
            )
            let (pictures, sounds) = try await Self.count(25, of: player)
            #expect(pictures >= 25, "\(player.lastWords)")
            #expect(sounds >= 25, "\(player.lastWords)")
        }

        @Test("rtmpdump writes a file that plays")
        func rtmpdump() async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            let scratch = try Scratch("rtmpdump")
            let file = scratch.file("out.flv").path
            let player = try Program.start(
                "rtmpdump",
                ["--live", "--rtmp", stage.relay.playAddress(), "--flv", file]
            )
            // It tells how much it has every so often.
            try await player.line(containing: "kB / 2", within: .seconds(60))
            player.signal(SIGINT)
            _ = try await player.result(within: .seconds(20))
            #expect(try await DecodedFrame.all(of: file).count > 20)
            #expect(try await FFprobe.packets(file).isMonotonic)
        }

        /// Blocks that reached the two sinks, once there are `wanted` at each or the player has ended.
        static func count(_ wanted: Int, of player: Program) async throws -> (pictures: Int, sounds: Int) {
            await withTaskGroup(of: (Int, Int)?.self) { group in
                group.addTask {
                    var counts = (0, 0)
                    for await line in player.lines where line.text.contains("last-message = chain") {
                        if line.text.contains("pictures") || line.text.contains("GstVideo") { counts.0 += 1 }
                        if line.text.contains("sound") { counts.1 += 1 }
                        if min(counts.0, counts.1) >= wanted { break }
                    }
                    return counts
                }
                group.addTask {
                    try? await Task.sleep(for: .seconds(40))
                    player.kill()
                    return nil
                }
                defer { group.cancelAll() }
                for await counts in group { if let counts { return counts } }
                return (0, 0)
            }
        }
    }
}

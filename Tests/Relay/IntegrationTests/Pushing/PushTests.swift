import Foundation
import Glibc
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Pushing by RTP and by MPEG-TS over UDP")
    struct Pushing {
        /// A relay that pushes its stream, and somebody who publishes it for as long as a test needs.
        private struct Scene {
            let relay: RelayProcess
            let publisher: Program
            let source: String
            let scratch: Scratch

            static func open(_ sample: Sample, push: [String]) async throws -> Scene {
                let source = try await sample.path()
                let program = try await sample.needsModern ? FFmpeg.modern() : FFmpeg.system
                let relay = try await RelayProcess.quick { configuration in
                    configuration.more = ["streams:", "  main:", "    push:"] + push.map { "      \($0)" }
                }
                let publisher = try Encoder.start(source, to: relay.publishAddress(), program: program, repeats: 1000)
                return try Scene(relay: relay, publisher: publisher, source: source, scratch: Scratch("push"))
            }

            /// The file of the session description that the relay offers, once it does.
            func description(to name: String? = nil) async throws -> String {
                let address = self.relay.stream("main", ".sdp") + (name.map { "?to=\($0)" } ?? "")
                let text = try await HTTP.get(address) { $0.status == 200 }.text
                return try self.scratch.write(text.utf8, to: "main.sdp")
            }

            /// What ffmpeg writes down of an address in four seconds.
            func record(_ input: [String], to file: String, program: String) async throws -> String {
                // Where ffmpeg began to listen in the middle of a picture, it may leave one without a time, which its own
                // muxers refuse.
                let before = "if(isnan(PREV_OUTPTS)+eq(PREV_OUTPTS,NOPTS),0,PREV_OUTPTS+1)"
                let timed = "setts=pts='if(eq(PTS,NOPTS),\(before),PTS)'"
                let file = self.scratch.file(file).path
                let result = try await Program.run(
                    program,
                    ["-hide_banner", "-nostdin", "-loglevel", "warning"] + input
                        + ["-map", "0", "-c", "copy", "-bsf:v", timed, "-t", "4", "-y", file],
                    deadline: .seconds(60)
                )
                #expect(result.ending == .exit(0), "\(result.errorText)")
                #expect(!result.errorText.contains("missed"), "\(result.errorText)")
                return file
            }

            /// Every access unit from the second on is the source's, in one run; the first may be the rest of one.
            func expectSameUnits(_ file: String, _ tracks: [AccessUnits.Track], isTransportStream: Bool) async throws {
                for track in tracks {
                    let once = try await AccessUnits.hashes(of: self.source, track, inTransportStream: false)
                    let got = try await AccessUnits.hashes(of: file, track, inTransportStream: isTransportStream)
                    let whole = Array(got.dropFirst(2).dropLast(2))
                    #expect(whole.count > 60, "\(track.codec)")
                    let sent = once + once + once
                    let starts = sent.indices.filter { sent[$0] == whole.first }
                    #expect(
                        starts.contains { sent[$0...].prefix(whole.count).elementsEqual(whole) },
                        "\(track.codec): \(whole.count) access units that are not in a row in the source"
                    )
                }
            }
        }

        private static let reading = ["-protocol_whitelist", "file,udp,rtp", "-i"]

        @Test(
            "ffmpeg receives by the session description what was published",
            arguments: [Sample(.h264, .aac), Sample(.hevc, .opus), Sample(.h264, .mp3)]
        )
        func description(sample: Sample) async throws {
            let port = try FreePorts.take(4)[0]
            let scene = try await Scene.open(sample, push: ["box: { to: rtp://127.0.0.1:\(port) }"])
            let description = try await scene.description()
            let program = try await FFmpeg.modern()
            let file = try await scene.record(Self.reading + [description], to: "out.mkv", program: program)
            let tracks = [
                AccessUnits.Track(specifier: "v:0", codec: sample.video?.codecName ?? ""),
                AccessUnits.Track(specifier: "a:0", codec: sample.audio?.rawValue ?? ""),
            ]
            try await scene.expectSameUnits(file, tracks, isTransportStream: false)
            // Before the first reports ffmpeg goes by when packets came, and then moves the tracks; it guesses decoding times.
            let packets = try await FFprobe.packets(file)
            #expect(packets.audio().dropFirst(60).isMonotonic)
            let shown = packets.video().dropFirst(40).compactMap(\.pts)
            #expect(shown.count > 40 && Set(shown).count == shown.count)
            let sent = try #require(try await AVOffset.measure(scene.source, program: program).milliseconds)
            let got = try #require(try await AVOffset.measure(file, program: program).milliseconds)
            #expect(abs(got - sent) <= 45, "\(got) ms, in the source \(sent) ms")
            Figures.note("A/V offset by RTP, \(tracks.map(\.codec).joined(separator: "+")): \(got - sent) ms")
        }

        @Test("ffmpeg and mpv receive MPEG-TS")
        func transportStream() async throws {
            let ports = try FreePorts.take(2)
            let scene = try await Scene.open(
                Sample(.h264, .aac),
                push: ports.enumerated().map { "box\($0): { to: udp://127.0.0.1:\($1) }" }
            )
            try await scene.relay.expectLive(codecs: ["h264", "aac"])
            let address = "udp://127.0.0.1:\(ports[0])"
            let file = try await scene.record(["-i", address], to: "out.ts", program: FFmpeg.system)
            let tracks = [
                AccessUnits.Track(specifier: "v:0", codec: "h264"), AccessUnits.Track(specifier: "a:0", codec: "aac"),
            ]
            try await scene.expectSameUnits(file, tracks, isTransportStream: true)
            #expect(try await FFprobe.packets(file).isMonotonic)
            let result = try await Program.run(
                "mpv",
                ["--no-config", "--vo=null", "--ao=null", "--frames=30", "--msg-level=all=warn,cplayer=info"]
                    + ["udp://127.0.0.1:\(ports[1])"],
                deadline: .seconds(60)
            )
            let said = result.outputText + result.errorText
            #expect(said.contains("VO: [null] 320x180") && said.contains("AO: [null] 48000Hz"), "\(said)")
        }

        @Test("ffmpeg receives MPEG-TS in RTP, by the address alone and by the session description")
        func transportStreamInRTP() async throws {
            let ports = try FreePorts.take(4)
            let scene = try await Scene.open(
                Sample(.h264, .aac),
                push: [
                    "box: { to: 'rtp://127.0.0.1:\(ports[0])?format=mpegts' }",
                    "wall: { to: 'rtp://127.0.0.1:\(ports[2])?format=mpegts' }",
                ]
            )
            try await scene.relay.expectLive(codecs: ["h264", "aac"])
            let address = "rtp://127.0.0.1:\(ports[0])"
            let file = try await scene.record(["-i", address], to: "out.ts", program: FFmpeg.system)
            let tracks = [
                AccessUnits.Track(specifier: "v:0", codec: "h264"), AccessUnits.Track(specifier: "a:0", codec: "aac"),
            ]
            try await scene.expectSameUnits(file, tracks, isTransportStream: true)
            #expect(try await FFprobe.packets(file).isMonotonic)
            let description = try await scene.description(to: "wall")
            #expect(try String(contentsOfFile: description, encoding: .utf8).contains("m=video \(ports[2]) RTP/AVP 33"))
            let streams = try await FFprobe.streams(description, options: ["-protocol_whitelist", "file,udp,rtp"])
            #expect(Set(streams.compactMap(\.codecName)) == ["h264", "aac"])
        }

        @Test("Who is pushed to goes on when another relay follows")
        func succession() async throws {
            let port = try FreePorts.take(4)[0]
            let push = ["box: { to: rtp://127.0.0.1:\(port) }"]
            var scene: Scene? = try await Scene.open(Sample(.h264, .aac), push: push)
            let description = try #require(try await scene?.description())
            let text = try String(contentsOfFile: description, encoding: .utf8)
            let scratch = try Scratch("succession")
            let kept = try scratch.write(text.utf8, to: "main.sdp")
            let receiver = try Program.start(
                FFmpeg.system,
                ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "info", "-progress", "pipe:1"] + Self.reading
                    + [kept, "-map", "0:v", "-c", "copy", "-f", "null", "-"]
            )
            try await receiver.line(containing: "progress=continue")
            // A goodbye would end it.
            try await scene?.relay.stop()
            scene = nil
            let next = try await Scene.open(Sample(.h264, .aac), push: push)
            let before = Self.frames(receiver.said).last ?? 0
            let deadline = Task {
                try await Task.sleep(for: .seconds(40))
                receiver.kill()
            }
            defer { deadline.cancel() }
            let isFed = await receiver.lines.contains { line in Self.frames(line.text).contains { $0 > before + 60 } }
            #expect(isFed, "\(receiver.lastWords)")
            withExtendedLifetime((next, scratch)) {}
        }

        /// What ffmpeg has said of its progress.
        private static func frames(_ text: String) -> [Int] {
            text.split(separator: "\n").compactMap { $0.hasPrefix("frame=") ? Int($0.dropFirst(6)) : nil }
        }

        @Test("GStreamer receives RTP from a multicast group and by the session description")
        func gstreamer() async throws {
            let ports = try FreePorts.take(8)
            let scene = try await Scene.open(
                Sample(.h264, .aac),
                push: [
                    "group: { to: rtp://239.255.42.7:\(ports[0]), ttl: 1, interface: 127.0.0.1 }",
                    "box: { to: rtp://127.0.0.1:\(ports[4]) }",
                ]
            )
            let group = try String(contentsOfFile: try await scene.description(to: "group"), encoding: .utf8)
            #expect(group.contains("c=IN IP4 239.255.42.7/1\r\n") && group.contains("m=video \(ports[0]) RTP/AVP 96"))
            let caps = "application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=96"
            let decoding = ["decodebin", "!", "fakesink", "name=pictures", "silent=false", "sync=false"]
            let pictures = try Program.start(
                "gst-launch-1.0",
                [
                    "--verbose", "udpsrc", "address=239.255.42.7", "port=\(ports[0])", "multicast-iface=lo",
                    "caps=\(caps)",
                ]
                    + ["!", "rtpjitterbuffer", "!", "rtph264depay", "!"] + decoding
            )
            #expect(try await Self.chains(25, of: pictures) >= 25, "\(pictures.lastWords)")
            pictures.kill()
            let description = try await scene.description(to: "box")
            let player = try Program.start(
                "gst-launch-1.0",
                ["--verbose", "filesrc", "location=\(description)", "!", "sdpdemux", "name=d"]
                    + ["d.", "!", "queue", "!"] + decoding
            )
            #expect(try await Self.chains(25, of: player) >= 25, "\(player.lastWords)")
            player.kill()
        }

        @Test("A stream that comes back with other tracks is pushed on")
        func otherTracks() async throws {
            let port = try FreePorts.take(4)[0]
            let scene = try await Scene.open(Sample(.h264, .aac), push: ["box: { to: rtp://127.0.0.1:\(port) }"])
            let before = try String(contentsOfFile: try await scene.description(), encoding: .utf8)
            #expect(before.contains("m=audio \(port + 2) "))
            scene.publisher.kill()
            let other = try await Sample(.h264, nil).path()
            let publisher = try Encoder.start(other, to: scene.relay.publishAddress(), repeats: 1000)
            let address = scene.relay.stream("main", ".sdp")
            let text = try await HTTP.get(address) { $0.status == 200 && !$0.text.contains("m=audio") }.text
            let description = try scene.scratch.write(text.utf8, to: "other.sdp")
            let packets = try await FFprobe.packets(
                description,
                options: ["-protocol_whitelist", "file,udp,rtp", "-read_intervals", "%+#60"]
            )
            #expect(packets.count >= 60 && packets.allSatisfy { $0.kind == "video" })
            withExtendedLifetime(publisher) {}
        }

        /// Pictures that reached the sink, once there are `wanted` or the player has ended.
        private static func chains(_ wanted: Int, of player: Program) async throws -> Int {
            await withTaskGroup(of: Int?.self) { group in
                group.addTask {
                    var count = 0
                    for await line in player.lines where line.text.contains("last-message = chain") {
                        count += 1
                        if count >= wanted { break }
                    }
                    return count
                }
                group.addTask {
                    try? await Task.sleep(for: .seconds(40))
                    return nil
                }
                let first = await group.next() ?? nil
                group.cancelAll()
                return first ?? 0
            }
        }
    }
}

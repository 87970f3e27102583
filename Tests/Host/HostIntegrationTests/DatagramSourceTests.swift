import Foundation
import Glibc
import Testing
import Toolkit

/// Sources by UDP that the configuration declares, received in containers without a network.
@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: Machine.runsContainers)) struct DatagramSourceTests {
    private static let picture = [
        "-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
        "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
    ]
    private static let h264 = [
        "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "25",
    ]

    /// A camera and an encoder, and where they send to.
    private struct Studio {
        let host: HostUnderTest
        let ports: [UInt16]
        var video: UInt16 { self.ports[0] }
        var audio: UInt16 { self.ports[2] }
        var encoder: UInt16 { self.ports[4] }

        func sendRTP(video: UInt16? = nil) throws -> Program {
            try Program.start(
                FFmpeg.system,
                DatagramSourceTests.picture + ["-map", "0:v"] + DatagramSourceTests.h264
                    + ["-f", "rtp", "rtp://127.0.0.1:\(video ?? self.video)?pkt_size=1200", "-map", "1:a"]
                    + ["-c:a", "libopus", "-f", "rtp", "rtp://127.0.0.1:\(self.audio)"]
            )
        }

        func sendTransportStream(inRTP: Bool) throws -> Program {
            try Program.start(
                FFmpeg.system,
                DatagramSourceTests.picture + DatagramSourceTests.h264 + ["-c:a", "aac"]
                    + ["-f", inRTP ? "rtp_mpegts" : "mpegts"]
                    + ["\(inRTP ? "rtp" : "udp")://127.0.0.1:\(self.encoder)?pkt_size=1316"]
            )
        }

        /// Packets from another address of the machine, as fast as they can be sent, until it is let go of.
        func flood(_ port: UInt16) throws -> Program {
            let script = """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.bind(("127.0.0.2", 0))
                n = 0
                while True:
                    n += 1
                    s.sendto(bytes([0x80, 96, n >> 8 & 255, n & 255]) + bytes(8) + b"x" * 900, ("127.0.0.1", \(port)))
                """
            return try Program.start("/usr/bin/python3", ["-c", script])
        }
    }

    private static func open() async throws -> Studio {
        let scratch = try Scratch("host")
        let ports = try FreePorts.take(8)
        _ = try scratch.write(Self.description(video: ports[0], audio: ports[2]).utf8, to: "camera.sdp")
        let relay = HostUnderTest.relay(
            "live",
            "streams:",
            "  camera: { rtp: { sdp: camera.sdp } }",
            "  encoder: { rtp: { listen: \"127.0.0.1:\(ports[4])\" } }"
        )
        let host = try await HostUnderTest.start([relay], scratch: scratch)
        return Studio(host: host, ports: ports)
    }

    private static func description(video: UInt16, audio: UInt16) -> String {
        """
        v=0
        o=- 0 0 IN IP4 127.0.0.1
        s=camera
        c=IN IP4 127.0.0.1
        t=0 0
        m=video \(video) RTP/AVP 96
        a=rtpmap:96 H264/90000
        a=fmtp:96 packetization-mode=1
        m=audio \(audio) RTP/AVP 97
        a=rtpmap:97 opus/48000/2

        """
    }

    private static func frames(_ address: String, _ count: Int = 20) async throws -> Int {
        let result = try await Program.run(
            FFmpeg.system,
            [
                "-hide_banner", "-nostdin", "-loglevel", "error", "-i", address, "-map", "0:v", "-frames:v", "\(count)",
                "-f", "framemd5", "-",
            ],
            deadline: .seconds(40)
        )
        return result.outputText.split(separator: "\n").count { !$0.hasPrefix("#") }
    }

    @Test func rtpByADescriptionIsPlayable() async throws {
        let studio = try await Self.open()
        let camera = try studio.sendRTP()
        try await studio.host.waitForStream("live/camera")
        // Opus is not for FLV, so it is taken as fragmented MP4.
        let streams = try await FFprobe.streams(studio.host.page("live/camera.mp4"))
        #expect(Set(streams.compactMap(\.codecName)) == ["h264", "opus"])
        #expect(try await Self.frames(studio.host.page("live/camera.mp4")) == 20)
        let status = try await studio.host.stream("camera") { $0.source?.link != nil }
        #expect(status.source?.protocol == "rtp")
        #expect(status.source?.link?.tracks.map(\.kind) == ["video", "audio"])
        #expect(camera.isRunning)
        // Nobody else may publish there.
        let intruder = try studio.host.publish("live/camera")
        #expect(try await intruder.result(within: .seconds(20)).ending != .exit(0))
    }

    @Test(arguments: [false, true]) func transportStreamsArePlayable(inRTP: Bool) async throws {
        let studio = try await Self.open()
        let encoder = try studio.sendTransportStream(inRTP: inRTP)
        try await studio.host.waitForStream("live/encoder")
        let streams = try await FFprobe.streams(studio.host.page("live/encoder.flv"))
        #expect(Set(streams.compactMap(\.codecName)) == ["h264", "aac"])
        #expect(try await Self.frames(studio.host.page("live/encoder.flv")) == 20)
        #expect(encoder.isRunning)
    }

    @Test func aStrangersFloodHasNoPartInTheStream() async throws {
        let studio = try await Self.open()
        let camera = try studio.sendRTP()
        try await studio.host.waitForStream("live/camera")
        let watcher = try Watcher(studio.host, "live/camera", as: "mp4")
        try await watcher.watch(30_000)
        let flood = try studio.flood(studio.video)
        let status = try await studio.host.stream("camera", until: { ($0.source?.link?.foreign ?? 0) > 10_000 })
        try await watcher.watch(60_000)
        flood.signal(SIGKILL)
        #expect(!watcher.seen.state.hasEnded)
        #expect(status.state == "live" || status.state == "degraded", "\(status)")
        #expect(try await Self.frames(studio.host.page("live/camera.mp4")) == 20)
        print("figure: flood \(status.source?.link?.foreign ?? 0) foreign packets, \(watcher.seen.state)")
        // They took no room from the camera's.
        let before = status.source?.link?.tracks.map(\.packets).reduce(0, +) ?? 0
        let after = try await studio.host.stream("camera") { stream in
            (stream.source?.link?.tracks.map(\.packets).reduce(0, +) ?? 0) > before + 50
        }
        #expect(after.source?.link?.tracks.map(\.lost) == [0, 0])
        #expect(camera.isRunning)
    }

    @Test func aChangedDescriptionIsTakenUp() async throws {
        let studio = try await Self.open()
        let text = Self.description(video: studio.ports[6], audio: studio.ports[2])
        _ = try studio.host.scratch.write(text.utf8, to: "camera.sdp")
        try await studio.host.program.line(containing: "configuration applied")
        let camera = try studio.sendRTP(video: studio.ports[6])
        try await studio.host.waitForStream("live/camera")
        let status = try await studio.host.stream("camera") { ($0.source?.link?.tracks.count ?? 0) == 2 }
        #expect(status.source?.link?.tracks.map(\.kind) == ["video", "audio"])
        #expect(camera.isRunning)
    }

    @Test func aSourceIsBackByItselfAfterTheRelayDied() async throws {
        let studio = try await Self.open()
        let camera = try studio.sendRTP()
        try await studio.host.waitForStream("live/camera")
        let victim = try await studio.host.relayProcess()
        let began = ContinuousClock.now
        #expect(kill(victim, SIGKILL) == 0)
        try await studio.host.status { $0.relay("live")?.restarts == 1 && $0.relay("live")?.state == "ready" }
        _ = try await studio.host.stream("camera") { $0.source != nil && $0.fps != nil }
        print("figure: relay killed to RTP source back \(ContinuousClock.now - began)")
        #expect(ContinuousClock.now - began < .seconds(15))
        #expect(try await Self.frames(studio.host.page("live/camera.mp4")) == 20)
        #expect(camera.isRunning)
    }

    /// What comes while there is no relay waits in the host's socket, and what one had read is read again.
    @Test func aSourceGoesOnOverTheDeathsOfItsRelay() async throws {
        let studio = try await Self.open()
        let camera = try studio.sendRTP()
        try await studio.host.waitForStream("live/camera")
        let recording = try FLVRecording(studio.host.addresses["http"] ?? "", "/live/camera.flv")
        await recording.wait(for: 75)
        let kills = 2
        for number in 1...kills {
            let victim = try await studio.host.relayProcess()
            #expect(kill(victim, SIGKILL) == 0)
            // One that dies before it is ten seconds old died young, and several of those are waited for.
            await recording.wait(for: try recording.tags().count { $0.kind == 9 } + 280)
            try #require(!recording.isClosed, "kill \(number)")
        }
        let times = try recording.tags().filter { $0.kind == 9 }.map(\.time)
        let steps = zip(times.dropFirst(2), times.dropFirst(3)).map { Int($1) - Int($0) }
        let missing = steps.reduce(0) { $0 + ($1 + 20) / 40 - 1 }
        // Of the datagrams that it had taken from the kernel at that moment and not kept.
        #expect(missing <= kills * 2 && steps.allSatisfy { $0 >= 0 }, "\(steps.filter { abs($0 - 40) > 20 })")
        let status = try await studio.host.stream("camera") { $0.source?.link != nil }
        #expect(status.counters.reconnects == 0)
        let playlist = try await HTTP.get(try await studio.host.mediaPlaylist("live/camera.m3u8")).text
        #expect(!playlist.contains("#EXT-X-DISCONTINUITY\n"), "\(playlist)")
        #expect(camera.isRunning)
        let lost = status.source?.link?.tracks.map(\.lost) ?? []
        print("figure: \(kills) kills, \(times.count) pictures by RTP, \(missing) missing, lost \(lost)")
    }

    @Test func silenceIsALossAndTheReturnGoesOnWithTheStream() async throws {
        let studio = try await Self.open()
        let camera = try studio.sendRTP()
        try await studio.host.waitForStream("live/camera")
        let watcher = try Watcher(studio.host, "live/camera", as: "mp4")
        try await watcher.watch(30_000)
        camera.signal(SIGSTOP)
        let lost = try await studio.host.stream("camera") { $0.state == "stale" }
        #expect(lost.sentence.contains("has been silent for"))
        camera.signal(SIGCONT)
        let back = try await studio.host.stream("camera") { $0.state == "live" || $0.state == "degraded" }
        #expect(back.counters.reconnects >= 1)
        try await watcher.watch(30_000)
        #expect(!watcher.seen.state.hasEnded)
    }
}

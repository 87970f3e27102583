import Glibc
import StreamToolkit
import Testing
import Toolkit

@Suite("Publishers that come and go", .timeLimit(.minutes(3)))
struct ReconnectTests {
    @Test("Thirty reconnects with other codec settings: no viewer is cut and no time goes back")
    func thirty() async throws {
        let materials = try await Material.alternatives()
        var configuration = RelayConfiguration()
        configuration.segment = "1s"
        let relay = try await RelayProcess.start(configuration)
        let viewers = [try TestViewer.rtmp(relay), try TestViewer.flv(relay), try TestViewer.ts(relay)]
        let playlists = [PlaylistViewer(relay, folder: "ts"), PlaylistViewer(relay, folder: "hls")]

        let rounds = 30
        // Segments of HLS are numbered no faster than the clock goes, so a second of media takes a second here.
        let start = ContinuousClock.now
        for round in 1...rounds {
            try await Task.sleep(until: start + .seconds(round - 1))
            let publisher = try await TestPublisher.onAir(relay)
            try publisher.send(materials[round % materials.count].whole(marked: round))
            for viewer in viewers { try await viewer.wait(for: round) }
            switch round % 4 {
            case 0: try publisher.stop()
            case 1: publisher.hangUp()
            case 2: publisher.reset()
            default: break  // the next one takes over
            }
        }
        // A segment is whole when the next publisher begins.
        try await Task.sleep(until: start + .seconds(rounds))
        let publisher = try await TestPublisher.onAir(relay)
        try publisher.send(materials[0].whole(marked: rounds + 1))
        try publisher.send(materials[0].frames(marked: rounds + 2, round: 1))
        // The last segment before a break is shown once there is a whole one behind it.
        try await Task.sleep(until: start + .seconds(rounds + 4))
        try publisher.send(materials[0].frames(marked: rounds + 3, round: 2))

        for viewer in viewers {
            try await viewer.wait(for: rounds + 3)
            let state = viewer.seen.state
            #expect(!state.isCut && state.trouble == nil, "\(viewer.name): \(state)")
            #expect(state.regressions.isEmpty, "\(viewer.name)")
            #expect(state.marks == Array(1...rounds + 3), "\(viewer.name)")
        }
        for viewer in viewers.prefix(2) {
            #expect(viewer.seen.state.configurations >= rounds, "\(viewer.name) is told of every change")
        }
        for playlist in playlists {
            try await playlist.wait(for: rounds)
            let state = playlist.seen.state
            #expect(state.faults.isEmpty)
            #expect(state.marks == state.marks.sorted() && state.marks.count >= rounds - 3)
            #expect(state.discontinuities >= rounds - 3)
        }
        let ended = try await relay.stop()
        #expect(ended.ending == .exit(0))
    }

    @Test("ffmpeg decodes on while publishers with other settings come and go")
    func player() async throws {
        let relay = try await RelayProcess.start()
        let samples = [
            Sample(.h264, .aac, seconds: 1, size: "320x180", sampleRate: 44_100),
            Sample(.h264Baseline, .aac, seconds: 1, size: "426x240", sampleRate: 48_000),
            Sample(.h264, nil, seconds: 1, size: "320x180"),
        ]
        let viewer = try Program.start(
            FFmpeg.system,
            [
                "-hide_banner", "-nostdin", "-loglevel", "error", "-i",
                relay.stream("main", ".flv"),
            ]
                + [
                    "-map", "0:v", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-flush_packets", "1", "-f",
                    "framecrc", "-",
                ]
        )
        for round in 0..<6 {
            try await Program.run(
                FFmpeg.system,
                ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-i", try await samples[round % 3].path()]
                    + ["-c", "copy", "-f", "flv", relay.publishAddress()]
            )
            #expect(viewer.isRunning, "\(viewer.lastWords)")
        }
        // With the relay ends the stream, and the player tells all it has decoded.
        try await relay.stop()
        let result = try await viewer.result(within: .seconds(20))
        let times = result.outputText.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            line.split(separator: ",").dropFirst(2).first.flatMap { Int($0.drop { $0 == " " }) }
        }
        // The first publisher's pictures are looked at for what they are; a decoder may hold a few back at each change.
        #expect(times.count > 4 * Sample.frameRate, "\(result.errorText)")
        let regressions = zip(times, times.dropFirst()).filter { $0 >= $1 }
        #expect(regressions.isEmpty, "\(regressions)")
    }
}

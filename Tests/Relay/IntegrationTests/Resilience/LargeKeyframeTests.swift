import Linux
import NIOCore
import StreamToolkit
import Testing
import Toolkit
import Wire

/// Keyframes of megabytes, as encoders send them of confetti, of noise and at bitrates set too high.
@Suite("Large keyframes", .serialized, .timeLimit(.minutes(2)))
struct LargeKeyframeTests {
    /// Longer than this no viewer of another stream may be without new bytes.
    private static let patience = Duration.milliseconds(300)

    @Test("Encoders that send them come, break off and come back, and viewers of all streams go on")
    func reconnects() async throws {
        // Of 7.4 MB; `limits.frame` is 8 MiB.
        let material = try await Material.noise(size: "2560x1440", quantizer: 4)
        #expect((7 << 20..<8 << 20).contains(material.largest))
        let relay = try await RelayProcess.quick()
        let source = try await Sample(.h264, .aac, seconds: 20).path()
        let neighbour = try Encoder.start(source, to: relay.publishAddress("neighbour"), repeats: 100)
        try await relay.expectLive(codecs: ["h264", "aac"], of: "neighbour")
        let steady = try SteadyViewer(relay, "neighbour")
        let busyness = [relay.pid, neighbour.pid].map { ProcessorWait(of: $0) }
        let viewers = [
            try TestViewer.rtmp(relay), try TestViewer.flv(relay), try TestViewer.ts(relay), try TestViewer.mp4(relay),
        ]
        let playlist = PlaylistViewer(relay, folder: "hls")

        let rounds = 4
        // Segments of HLS are numbered no faster than the clock goes, so a second of media takes a second here.
        let start = ContinuousClock.now
        for round in 1...rounds {
            try await Task.sleep(until: start + .seconds(round - 1))
            let wanted = viewers[3].seen.state.bytes + material.largest
            let publisher = try await TestPublisher.onAir(relay)
            try publisher.send(material.whole(marked: round))
            for viewer in viewers.prefix(3) { try await viewer.wait(for: round) }
            try await viewers[3].seen.wait(for: "MP4 of round \(round)") { state in
                state.isCut || state.bytes > wanted
            }
            switch round % 3 {
            case 0: break  // the next one takes over
            case 1:
                // In the midst of the next keyframe.
                try publisher.send(material.frames(marked: 100 + round, round: 1), cutBehind: 1 << 20)
                publisher.reset()
            default: publisher.hangUp()
            }
        }
        let last = try await TestPublisher.onAir(relay)
        for round in 0...2 {
            try await Task.sleep(until: start + .seconds(rounds + round))
            let frames = material.frames(marked: rounds + 1 + round, round: round)
            try last.send(round == 0 ? material.headers + frames : frames)
        }
        for viewer in viewers.prefix(3) {
            try await viewer.wait(for: rounds + 3)
            #expect(viewer.seen.state.marks == Array(1...rounds + 3), "\(viewer.name)")
        }
        for viewer in viewers {
            let state = viewer.seen.state
            #expect(!state.isCut && state.trouble == nil && state.regressions.isEmpty, "\(viewer.name): \(state)")
        }
        try await playlist.wait(for: rounds)
        #expect(playlist.seen.state.faults.isEmpty)
        // What either has waited for a processor is the machine's.
        let time = ContinuousClock.now - start
        let waits = zip([relay.pid, neighbour.pid], busyness).compactMap { pid, before in
            before.flatMap { before in ProcessorWait(of: pid)?.waited(since: before, of: time) }
        }
        let allowed = waits.reduce(Self.patience, +)
        let pause = steady.longestPause
        print("beside large keyframes another stream's viewer had a pause of \(pause), where \(allowed) is allowed")
        #expect(pause < allowed)
        #expect(neighbour.isRunning, "\(neighbour.lastWords)")
        #expect(try await relay.stop().ending == .exit(0))
    }

    @Test("One that is larger than a frame may be is left out and named, and the stream goes on behind it")
    func tooLarge() async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.quick { $0.limits["frame"] = "2MiB" }
        let bystander = try await Bystander(relay)
        let viewers = [try TestViewer.rtmp(relay), try TestViewer.flv(relay), try TestViewer.ts(relay)]
        let publisher = try await TestPublisher.onAir(relay)
        try publisher.send(material.whole(marked: 0))
        for viewer in viewers { try await viewer.wait(for: 0) }
        try publisher.send(material.frames(marked: 1, round: 1).map { Mark.pad($0, by: 3_000_000) })
        try publisher.send(material.frames(marked: 2, round: 2))
        for viewer in viewers {
            try await viewer.wait(for: 2)
            let state = viewer.seen.state
            #expect(!state.isCut && state.trouble == nil, "\(viewer.name): \(state)")
            #expect(state.bytes < 3_000_000, "\(viewer.name)")
        }
        // A stream is judged once it has been on air for a while.
        let feed = Task {
            for round in 3... {
                try await Task.sleep(for: .seconds(1))
                try publisher.send(material.frames(marked: round, round: round))
            }
        }
        defer { feed.cancel() }
        let words = "is larger than limits.frame (2MiB); lower the bitrate or the keyframe size of the encoder"
        let page = try await HTTP.get(relay.page("health/live/main")) { $0.text.contains("media_left_out") }
        #expect(page.text.contains(words), "\(page.text)")
        try await bystander.goesOn("beside a keyframe that is too large")
    }
}

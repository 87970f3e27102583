import Contract
import Health
import Testing

@Suite struct FaultTests {
    private func live() throws -> Scene {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(30))
        return scene
    }

    @Test func rareKeyframes() throws {
        var scene = try live()
        scene.keyframeEvery = .seconds(9)
        let verdicts = scene.run(.seconds(60))
        #expect(verdicts.course == [.live, .degraded])
        #expect(
            verdicts.last?.sentence == "The picture has a keyframe only every 9 s: newcomers wait that long; set the "
                + "encoder's keyframe interval to 2 s."
        )
        scene.keyframeEvery = .seconds(2)
        #expect(scene.run(.seconds(30)).course == [.degraded, .live])
    }

    @Test func theUsualIntervalsAreNoFault() throws {
        for interval in [1, 2, 4, 5] {
            var scene = try live()
            scene.keyframeEvery = .seconds(interval)
            #expect(scene.run(.seconds(60)).course == [.live], "\(interval) s")
        }
    }

    @Test func soundStops() throws {
        var scene = try live()
        scene.sendsAudio = false
        let verdicts = scene.run(.seconds(8))
        #expect(verdicts.course == [.live, .degraded])
        #expect(verdicts.last?.faults == [.audioStopped])
        #expect(verdicts.last?.sentence.contains("The picture arrives but the sound stopped 8 s ago") == true)
    }

    @Test func pictureStops() throws {
        var scene = try live()
        scene.sendsVideo = false
        #expect(scene.run(.seconds(8)).last?.faults == [.videoStopped])
    }

    @Test func aStreamWithoutSoundIsNoFaultUnlessItHadSome() throws {
        var scene = try Scene()
        scene.connect()
        scene.describe()
        scene.snapshot.tracks.removeLast()
        let verdicts = scene.run(.seconds(30))
        #expect(verdicts.course == [.starting, .live])
        #expect(verdicts.last?.sentence == "Live: 1280×720 at 25 pictures a second, without sound, 2.5 Mbit/s.")

        scene = try live()
        scene.lose(.disconnected)
        scene.run(.seconds(1))
        scene.connect()
        scene.describe()
        scene.snapshot.tracks.removeLast()
        #expect(scene.run(.seconds(10)).last?.faults == [.trackMissing])
        #expect(scene.run(.seconds(400)).last?.state == .live)
    }

    @Test func bitrateCollapses() throws {
        var scene = try live()
        scene.snapshot.tracks[0].bitrate = 100_000
        let verdicts = scene.run(.seconds(10))
        #expect(verdicts.course == [.live, .degraded])
        #expect(verdicts.last?.sentence.contains("to 100 kbit/s") == true, "\(verdicts.last?.sentence ?? "")")
        scene.snapshot.tracks[0].bitrate = 2_500_000
        #expect(scene.run(.seconds(10)).course == [.degraded, .live])
    }

    @Test func aShortDipIsNoFault() throws {
        var scene = try live()
        scene.snapshot.tracks[0].bitrate = 100_000
        var verdicts = scene.run(.seconds(3))
        scene.snapshot.tracks[0].bitrate = 2_500_000
        verdicts += scene.run(.seconds(10))
        #expect(verdicts.course == [.live])
    }

    @Test func frameRateCollapses() throws {
        var scene = try live()
        scene.snapshot.tracks[0].frameRate = 9.5
        let verdict = try #require(scene.run(.seconds(10)).last)
        #expect(verdict.faults == [.frameRateFell])
        #expect(verdict.sentence.contains("Only 9.5 pictures a second"))
    }

    /// A figure that swings about its threshold does not make the verdict swing.
    @Test func noFlicker() throws {
        var scene = try live()
        var verdicts: [Verdict] = []
        for round in 0..<120 {
            scene.snapshot.tracks[0].frameRate = round.isMultiple(of: 3) ? 16 : 9
            scene.snapshot.tracks[0].lastPacketAt = scene.now
            verdicts += scene.run(.milliseconds(500))
        }
        #expect(verdicts.course.count <= 3, "\(verdicts.course)")
    }

    @Test func timestampsAndDrops() throws {
        var scene = try live()
        scene.snapshot.counters.timestampRegressions += 12
        scene.snapshot.counters.packetsDropped += 80
        let verdict = try #require(scene.run(.seconds(1)).last)
        #expect(verdict.faults == [.timestampsJump, .packetsDropped])
        #expect(verdict.sentence.contains("went backwards 12 times"))
        #expect(scene.run(.seconds(90)).last?.state == .live)
    }

    private func lose(_ lost: UInt64, isHolding: Bool = false, of scene: inout Scene) {
        scene.snapshot.counters.linkPackets += 5000
        scene.snapshot.counters.linkLost += lost
        var track = LinkTrack(kind: .video, lost: lost)
        track.isHolding = isHolding
        scene.snapshot.source?.link = LinkSnapshot(tracks: [track])
    }

    @Test func packetsAreLost() throws {
        var scene = try live()
        self.lose(5, of: &scene)
        #expect(scene.run(.seconds(10)).course == [.live])
        self.lose(45, of: &scene)
        scene.snapshot.counters.linkHeld += 12
        let verdict = try #require(scene.run(.seconds(1)).last)
        #expect(verdict.faults == [.packetsLost])
        #expect(
            verdict.sentence == "50 packets (0.5 %) from the source were lost within a minute, and the picture stood "
                + "still until a keyframe came: check the network between it and this machine, lower its bitrate, or "
                + "send by SRT or by RTSP over TCP."
        )
        #expect(scene.run(.seconds(80)).course == [.degraded, .live])
    }

    /// A picture that is held back is missing for another reason than a camera that fails.
    @Test func aHeldPictureIsNotCalledStopped() throws {
        var scene = try live()
        self.lose(1, isHolding: true, of: &scene)
        scene.sendsVideo = false
        let verdict = try #require(scene.run(.seconds(8)).last)
        #expect(verdict.faults == [.packetsLost])
        #expect(verdict.sentence.contains("the picture is held until the next keyframe"))
    }

    @Test func wildFiguresDoNoHarm() throws {
        var scene = try live()
        for value in [Double.nan, .infinity, -.infinity, 1e308, -1] {
            scene.snapshot.tracks[0].bitrate = value
            scene.snapshot.tracks[0].frameRate = value
            scene.run(.seconds(10))
        }
        scene.snapshot.counters.takeovers = .max
        scene.run(.seconds(1))
        scene.snapshot.counters.takeovers = 0
        #expect(!scene.run(.seconds(1)).isEmpty)
    }
}

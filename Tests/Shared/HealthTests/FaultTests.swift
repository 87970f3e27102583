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

    /// Its rates fall to nothing with it, which says no more.
    @Test func aPictureThatHasStoppedIsNotCalledThinAsWell() throws {
        var scene = try live()
        scene.run(.seconds(30))
        scene.sendsVideo = false
        scene.run(.seconds(3))
        scene.snapshot.tracks[0].bitrate = 0
        scene.snapshot.tracks[0].frameRate = 0
        #expect(scene.run(.seconds(60)).allSatisfy { $0.faults == [.videoStopped] })
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
        // What lasts stays a fault, until a source ends the stream by itself and another begins it.
        #expect(scene.run(.seconds(400)).last?.faults == [.trackMissing])
        scene.lose(.ended)
        scene.run(.seconds(1))
        scene.connect()
        scene.describe()
        scene.snapshot.tracks.removeLast()
        #expect(scene.run(.seconds(10)).last?.state == .live)
    }

    /// Sound that is thrown away because no keyframe comes is the fault of the picture, not of its codec.
    @Test func soundThatWaitsForAPictureIsNotBlamed() throws {
        var scene = try live()
        scene.sendsVideo = false
        scene.sendsAudio = false
        for _ in 0..<10 {
            scene.snapshot.counters.packetsDropped += 45
            scene.run(.seconds(1))
        }
        let verdict = scene.verdict()
        #expect(verdict.faults == [.videoStopped])
        #expect(
            verdict.sentence == "The picture stopped 10 s ago, and the sound that still comes cannot be shown before a "
                + "new keyframe: check the camera and its line into the encoder."
        )
    }

    /// An encoder that waits for its picture sends the sound late and in bursts.
    @Test func pictureStopsAndSoundComesInBursts() throws {
        var scene = try live()
        scene.sendsVideo = false
        scene.sendsAudio = false
        for _ in 0..<8 {
            scene.snapshot.tracks[1].lastPacketAt = scene.now
            scene.run(.milliseconds(1500))
        }
        #expect(scene.verdict().faults.first == .videoStopped)
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
        #expect(verdict.sentence.contains("12 packets within a minute are timed before"))
        #expect(scene.run(.seconds(90)).last?.state == .live)
    }

    @Test func soundAndPictureMoveAgainstEachOther() throws {
        var scene = try live()
        scene.snapshot.counters.trackSteps += 1
        let verdict = try #require(scene.run(.seconds(1)).last)
        #expect(verdict.faults == [.tracksStepped])
        #expect(verdict.state == .degraded)
        #expect(
            verdict.sentence
                == "Within the last minute the encoder moved sound and picture against each other, so they "
                + "may be out of step: check its audio sync offset and that sound and picture are taken by one clock, and "
                + "restart it if they stay so."
        )
        scene.snapshot.counters.trackSteps += 2
        #expect(scene.run(.seconds(1)).last?.sentence.hasPrefix("3 times within a minute the encoder moved") == true)
        #expect(scene.run(.seconds(90)).course == [.degraded, .live])
    }

    /// Another source has a relation of its own.
    @Test func aSourceThatComesBackIsNoStep() throws {
        var scene = try live()
        scene.lose(.disconnected)
        scene.run(.seconds(3))
        scene.connect()
        scene.snapshot.counters.reconnects += 1
        scene.snapshot.counters.discontinuities += 1
        #expect(scene.run(.seconds(20)).allSatisfy { !$0.faults.contains(.tracksStepped) })
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

    // MARK: - A fault that lasts stays one

    /// What is usual is learned from healthy time alone: a fault would become usual, and be forgotten.
    @Test(arguments: [0.5, 0.3, 0.05]) func fewerPicturesStayAFault(share: Double) throws {
        var scene = try live()
        scene.snapshot.tracks[0].frameRate = 25 * share
        let verdicts = scene.run(.seconds(3600))
        #expect(verdicts.course == [.live, .degraded])
        #expect(verdicts.last?.sentence.contains("where 25 are usual") == true, "\(verdicts.last?.sentence ?? "")")
        scene.snapshot.tracks[0].frameRate = 25
        #expect(scene.run(.seconds(30)).course == [.degraded, .live])
    }

    @Test func aBlackPictureStaysAFault() throws {
        var scene = try live()
        scene.snapshot.tracks[0].bitrate = 40_000
        #expect(scene.run(.seconds(3600)).course == [.live, .degraded])
        scene.snapshot.tracks[0].bitrate = 2_500_000
        #expect(scene.run(.seconds(30)).course == [.degraded, .live])
    }

    /// Dips that are each too short to be told must not add up to what is usual.
    @Test func dipsAreNotLearned() throws {
        var scene = try live()
        for _ in 0..<120 {
            scene.snapshot.tracks[0].frameRate = 10
            scene.run(.seconds(3))
            scene.snapshot.tracks[0].frameRate = 25
            scene.run(.seconds(1))
        }
        scene.snapshot.tracks[0].frameRate = 10
        #expect(scene.run(.seconds(10)).last?.sentence.contains("where 25 are usual") == true)
    }

    /// A stalled source is nothing to learn from either.
    @Test func aStallIsNotLearned() throws {
        var scene = try live()
        scene.sends = false
        scene.snapshot.tracks[0].frameRate = 1
        scene.run(.seconds(120))
        scene.sends = true
        scene.snapshot.tracks[0].frameRate = 12
        #expect(scene.run(.seconds(20)).last?.faults == [.frameRateFell])
    }

    // MARK: - What is left out

    private func omission(
        in format: String? = nil,
        part: String = "audio",
        _ sentence: String = "Sound is left out.",
        at now: Instant
    ) -> OmissionSnapshot {
        OmissionSnapshot(
            format: format,
            part: part,
            codec: "AAC-ELD",
            reason: "not_in_format",
            sentence: sentence,
            isLasting: true,
            first: now,
            last: now,
            count: 1
        )
    }

    @Test func whatOneFormatLeavesOutIsSaidAndNoMore() throws {
        var scene = try live()
        let sentence = "MPEG-TS has no place for the sound (AAC-ELD): viewers of it see the picture alone."
        scene.snapshot.omissions = [
            self.omission(in: "ts", sentence, at: scene.now), self.omission(in: "hls_ts", sentence, at: scene.now),
        ]
        let verdict = try #require(scene.run(.seconds(10)).last)
        #expect(verdict.state == .live)
        #expect(verdict.httpStatus == 200)
        #expect(verdict.faults == [.mediaLeftOut])
        #expect(
            verdict.sentence == "Live: 1280×720 at 25 pictures a second, with sound, 2.6 Mbit/s. \(sentence)"
        )
    }

    @Test func whatNobodyGetsIsAFault() throws {
        var scene = try live()
        scene.snapshot.omissions = [
            self.omission(in: "ts", "In one format.", at: scene.now), self.omission(in: nil, "For all.", at: scene.now),
        ]
        let verdict = try #require(scene.run(.seconds(10)).last)
        #expect(verdict.state == .degraded)
        #expect(verdict.faults == [.mediaLeftOut])
        #expect(verdict.sentence == "For all. In one format.")
        scene.snapshot.omissions = [self.omission(part: "data", "Subtitles are left out.", at: scene.now)]
        #expect(scene.run(.seconds(10)).last?.state == .live)
    }

    @Test func manyOmissionsAreTellable() throws {
        var scene = try live()
        scene.snapshot.omissions = (1...9).map { self.omission("Track \($0) is left out.", at: scene.now) }
        #expect(
            scene.run(.seconds(1)).last?.sentence
                == "Track 1 is left out. Track 2 is left out. Track 3 is left out. 6 more "
                + "things are left out."
        )
    }
}

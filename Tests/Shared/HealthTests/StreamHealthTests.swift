import Contract
import Health
import Testing

@Suite struct StreamHealthTests {
    private func live() throws -> Scene {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(30))
        return scene
    }

    @Test func nobodyYet() throws {
        var scene = try Scene()
        let verdict = scene.verdict()
        #expect(verdict.state == .waiting)
        #expect(verdict.httpStatus == 503)
        #expect(verdict.since == scene.snapshot.createdAt)
        #expect(
            verdict.sentence == "Nobody is publishing to live/main yet. In OBS use the server rtmp://HOST/live and the "
                + "stream key main?key=KEY, with this machine's address and the publish key."
        )
        let unseen = Verdict.unseen(
            scene.snapshot.path,
            since: scene.now,
            setting: HealthSetting(rtmpPort: 1936, sourceTimeout: .seconds(2))
        )
        #expect(unseen.sentence.contains("rtmp://HOST:1936/live"))
    }

    @Test func fromNothingToLive() throws {
        var scene = try Scene()
        var verdicts = [scene.verdict()]
        let connected = scene.now
        scene.connect()
        scene.sends = false
        verdicts += scene.run(.seconds(1))
        #expect(verdicts.last?.sentence.contains("has sent neither picture nor sound yet") == true)
        scene.sends = true
        verdicts += scene.run(.seconds(5))
        #expect(verdicts.course == [.waiting, .starting, .live])
        #expect(verdicts.last?.sentence == "Live: 1280×720 at 25 pictures a second, with sound, 2.6 Mbit/s.")
        #expect(verdicts.first { $0.state == .starting }?.since == connected)
        #expect(verdicts.last?.since == verdicts.first { $0.state == .live }?.since)
        #expect(verdicts.last?.httpStatus == 200)
    }

    @Test func aStreamSeenLateIsLiveAtOnce() throws {
        var scene = try live()
        scene.health = StreamHealth(setting: HealthSetting(rtmpPort: 1935, sourceTimeout: .seconds(2)))
        #expect(scene.verdict().state == .live)
    }

    @Test func pictureWithoutAKeyframe() throws {
        var scene = try Scene()
        scene.connect()
        scene.describe()
        scene.snapshot.tracks[0].keyframeInterval = nil
        scene.snapshot.tracks[0].lastPacketAt = scene.now + .seconds(4)
        scene.snapshot.source?.lastHeard = scene.now + .seconds(4)
        scene.now = scene.now + .seconds(4)
        let verdict = scene.verdict()
        #expect(verdict.state == .starting)
        #expect(verdict.sentence.contains("no keyframe has come yet"))
    }

    @Test func silenceIsStaleAndSaysForHowLong() throws {
        var scene = try live()
        scene.snapshot.outputs[.rtmp] = OutputSnapshot(viewers: 3)
        scene.sends = false
        let verdicts = scene.run(.seconds(4))
        #expect(verdicts.course == [.live, .stale])
        #expect(
            verdicts.last?.sentence
                == "The encoder has been silent for 4 s; viewers are kept and wait (3 now)."
        )
        #expect(
            verdicts.last?.detail
                == "The encoder at 10.0.0.3 has been silent for 4 s; viewers are kept and wait (3 now)."
        )
        #expect(verdicts.last?.httpStatus == 503)
    }

    @Test(arguments: [
        (SourceLoss.Cause.ended, StreamState.waiting, "ended the stream"),
        (.removed, .waiting, "was taken off air"),
        (.disconnected, .stale, "The connection of the encoder broke"),
        (.silent, .stale, "has been silent for"),
        (.malformed, .stale, "sent what is not its protocol"),
        (.replaced, .stale, "Another encoder took the stream over"),
        (.relayEnded, .stale, "The relay was restarted 10 s ago, and the encoder has not come back since"),
    ])
    func losses(_ cause: SourceLoss.Cause, _ state: StreamState, _ words: String) throws {
        var scene = try live()
        let lostAt = scene.now
        scene.lose(cause)
        let verdict = try #require(scene.run(.seconds(10)).last)
        #expect(verdict.state == state)
        #expect(verdict.since == lostAt)
        #expect(verdict.sentence.contains(words), "\(verdict.sentence)")
        #expect(!verdict.sentence.contains("10.0.0.3"))
        #expect(verdict.detail.contains("10.0.0.3") || cause == .replaced)
    }

    @Test func aSlateIsNotTheSource() throws {
        var scene = try live()
        scene.lose(.disconnected)
        scene.snapshot.isShowingSlate = true
        let verdict = try #require(scene.run(.seconds(1)).last)
        #expect(verdict.state == .slate)
        #expect(verdict.httpStatus == 503)
        #expect(verdict.sentence.contains("viewers are shown a slate"))
    }

    @Test func comingBackSettlesBeforeItIsLive() throws {
        var scene = try live()
        scene.lose(.disconnected)
        var verdicts = scene.run(.seconds(3))
        scene.connect()
        verdicts += scene.run(.seconds(10))
        #expect(verdicts.course == [.stale, .starting, .live])
    }

    @Test func aSourceThatComesAndGoesIsNeverCalledLive() throws {
        var scene = try live()
        var verdicts: [Verdict] = []
        for _ in 0..<20 {
            scene.lose(.disconnected)
            verdicts += scene.run(.seconds(1))
            scene.connect()
            verdicts += scene.run(.seconds(1))
        }
        #expect(!verdicts.map(\.state).contains(.live))
        verdicts = scene.run(.seconds(5))
        #expect(verdicts.last?.state == .degraded)
        #expect(verdicts.last?.faults == [.unstable])
        #expect(verdicts.last?.sentence.contains("was lost 20 times within a minute") == true)
        #expect(scene.run(.seconds(90)).last?.state == .live)
    }

    /// Neither a person's doing nor the relay's is the encoder's line.
    @Test(arguments: [SourceLoss.Cause.ended, .removed, .relayEnded]) func whatIsNoFaultOfTheLineIsNotCounted(
        cause: SourceLoss.Cause
    ) throws {
        var scene = try live()
        for _ in 0..<5 {
            scene.lose(cause)
            scene.run(.seconds(1))
            scene.connect()
            scene.run(.seconds(4))
        }
        let verdict = try #require(scene.run(.seconds(5)).last)
        #expect(verdict.state == .live && verdict.faults == [], "\(verdict.sentence)")
    }

    @Test func aTakeoverStaysLiveUnlessItNeverEnds() throws {
        var scene = try live()
        scene.connect(from: "10.0.0.4:1")
        scene.describe()
        scene.snapshot.counters.takeovers += 1
        #expect(scene.run(.seconds(5)).course == [.live])
        scene.snapshot.counters.takeovers += 4
        let verdict = try #require(scene.run(.seconds(1)).last)
        #expect(verdict.faults == [.contended])
        #expect(verdict.sentence.contains("more than one publishes to live/main"))
    }

    @Test func aRefusalIsTold() throws {
        var scene = try Scene()
        scene.snapshot.refusal = SourceRefusal(at: scene.now, reason: .wrongKey, address: "[fe80::5]:99")
        let verdict = try #require(scene.run(.seconds(5)).last)
        #expect(
            verdict.sentence
                == "An encoder was refused 5 s ago: its key is wrong; the stream key is written as main?key=KEY."
        )
        #expect(verdict.detail.hasPrefix("An encoder at fe80::5 was refused 5 s ago: "))
        #expect(scene.run(.seconds(120)).last?.sentence.hasPrefix("Nobody is publishing") == true)
    }

    /// What goes wrong at one encoder beside another that is on air is said, and is no fault of the one on air.
    @Test func aWrongKeyBesideALiveStreamIsANote() throws {
        var scene = try live()
        scene.snapshot.refusal = SourceRefusal(at: scene.now, reason: .wrongKey, address: "10.0.0.66:99")
        let verdict = try #require(scene.run(.seconds(5)).last)
        #expect(verdict.state == .live)
        #expect(verdict.faults == [.publisherRefused])
        #expect(
            verdict.sentence
                == "Live: 1280×720 at 25 pictures a second, with sound, 2.6 Mbit/s. Another encoder was refused 5 s ago: its "
                + "key is wrong; the stream key is written as main?key=KEY."
        )
        #expect(verdict.detail.contains("Another encoder at 10.0.0.66 was refused"))
        #expect(scene.run(.seconds(70)).last?.faults == [])
    }

    /// An encoder that was refused, and has put its key right since, is the source.
    @Test func aRefusalBeforeTheSourceIsForgotten() throws {
        var scene = try Scene()
        scene.snapshot.refusal = SourceRefusal(at: scene.now, reason: .wrongKey, address: "10.0.0.3:99")
        scene.now = scene.now + .seconds(3)
        scene.connect()
        #expect(scene.run(.seconds(10)).last?.faults == [])
    }

    @Test func whatCannotBePassedOnIsSaidAndNotCalledSilence() throws {
        var scene = try Scene()
        scene.connect()
        scene.sends = false
        scene.snapshot.source?.lastHeard = scene.now
        let sentence = "The sound is PCM, which cannot be passed on: set the encoder to AAC."
        scene.snapshot.omissions = [
            OmissionSnapshot(
                part: "audio",
                codec: "PCM",
                reason: "unsupported_codec",
                sentence: sentence,
                isLasting: true,
                first: scene.now,
                last: scene.now,
                count: 50
            )
        ]
        let verdict = try #require(scene.run(.seconds(1)).last)
        #expect(verdict.state == .starting)
        #expect(
            verdict.sentence
                == "The encoder has been connected for 1 s, but nothing that it sends can be passed on. \(sentence)"
        )
        // It is not called silent either, should the relay hear nothing more that it knows.
        let later = try #require(scene.run(.seconds(9)).last)
        #expect(later.sentence.contains("for 10 s, but nothing that it sends can be passed on. \(sentence)"))
    }

    @Test func whereADeclaredSourceIsCalledIsForTheOperator() throws {
        let path = try StreamPath("live/camera")
        let setting = HealthSetting(
            rtmpPort: 1935,
            sourceTimeout: .seconds(2),
            declared: [path.stream: "a call to 10.0.0.77:9000 by SRT"]
        )
        let verdict = Verdict.unseen(path, since: Instant(microseconds: 1), setting: setting)
        #expect(verdict.sentence.hasPrefix("Nothing has come yet from the source that the configuration names:"))
        #expect(verdict.detail.contains("10.0.0.77"))
    }
}

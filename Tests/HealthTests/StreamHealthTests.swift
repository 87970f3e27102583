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
                == "The encoder at 10.0.0.3 has been silent for 4 s; viewers are kept and wait (3 now)."
        )
        #expect(verdicts.last?.httpStatus == 503)
    }

    @Test(arguments: [
        (SourceLoss.Cause.ended, StreamState.waiting, "ended the stream"),
        (.removed, .waiting, "was taken off air"),
        (.disconnected, .stale, "The connection of the encoder at 10.0.0.3 broke"),
        (.silent, .stale, "has been silent for"),
        (.malformed, .stale, "sent what is not its protocol"),
        (.replaced, .stale, "Another encoder took the stream over"),
    ])
    func losses(_ cause: SourceLoss.Cause, _ state: StreamState, _ words: String) throws {
        var scene = try live()
        let lostAt = scene.now
        scene.lose(cause)
        let verdict = try #require(scene.run(.seconds(10)).last)
        #expect(verdict.state == state)
        #expect(verdict.since == lostAt)
        #expect(verdict.sentence.contains(words), "\(verdict.sentence)")
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
                == "An encoder at fe80::5 was refused 5 s ago: its key is wrong; the stream key is written "
                + "as main?key=KEY."
        )
        #expect(scene.run(.seconds(120)).last?.sentence.hasPrefix("Nobody is publishing") == true)
    }
}

import Contract
import Foundation
import Health
import Testing

/// What is said while a large picture is arriving on a slow line.
@Suite struct SlowPictureHealthTests {
    private func live() throws -> Scene {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(30))
        return scene
    }

    /// Nothing whole comes of the picture, and parts of it do.
    private func arrive(
        _ scene: inout Scene,
        _ time: Duration,
        withSound: Bool,
        each step: Duration = .milliseconds(250)
    ) -> [Verdict] {
        (scene.sends, scene.sendsVideo) = (withSound, false)
        var verdicts: [Verdict] = []
        let end = scene.now + time
        while scene.now < end {
            scene.snapshot.source?.pictureArriving = scene.now + step
            verdicts += scene.run(step, step: step)
        }
        return verdicts
    }

    /// The picture is whole, and a keyframe, of which there is one every two seconds by the encoder's clock.
    private static func end(_ scene: inout Scene) {
        scene.snapshot.source?.pictureArriving = nil
        scene.snapshot.tracks[0].lastKeyframeAt = scene.now
        (scene.sends, scene.sendsVideo) = (true, true)
    }

    @Test(arguments: [true, false])
    func fourMegabytesAtTwoMegabitsBlameNobody(withSound: Bool) throws {
        var scene = try self.live()
        let verdicts = self.arrive(&scene, .seconds(16), withSound: withSound)
        #expect(verdicts.course == [.live])
        #expect(verdicts.allSatisfy { $0.faults.isEmpty && $0.httpStatus == 200 })
        #expect(Set(verdicts.compactMap(\.source?.state)) == [.sending])
        #expect(!verdicts.contains { ($0.sentence + $0.detail).contains("silent") })
        verdicts.forEach { checked($0) }
        let last = try #require(verdicts.last?.sentence)
        #expect(last.hasPrefix("Live: 1280×720"))
        #expect(
            last.hasSuffix(
                " The next picture is still arriving, 16 s behind the last: it is large, or the encoder's line slow."
            )
        )
        Self.end(&scene)
        let after = scene.run(.seconds(5))
        #expect(after.course == [.live])
        #expect(after.last?.sentence.contains("arriving") == false)
    }

    @Test func whereItStopsArrivingTheSourceIsSilent() throws {
        var scene = try self.live()
        _ = self.arrive(&scene, .seconds(5), withSound: false)
        let verdicts = scene.run(.seconds(4))
        #expect(verdicts.course == [.live, .stale])
        #expect(verdicts.last?.sentence == "The encoder has been silent for 4 s; viewers who come will wait.")
        #expect(verdicts.last?.source?.state == .silent)
    }

    @Test func whereItStopsArrivingBesideSoundTheCameraIsToBeLookedAt() throws {
        var scene = try self.live()
        _ = self.arrive(&scene, .seconds(5), withSound: true)
        let verdicts = scene.run(.seconds(8))
        #expect(verdicts.last?.faults == [.videoStopped])
        #expect(verdicts.last?.sentence.contains("arriving") == false)
    }

    @Test func soundThatStopsIsToldOnceThePictureIsWhole() throws {
        var scene = try self.live()
        scene.sendsAudio = false
        #expect(self.arrive(&scene, .seconds(10), withSound: false).last?.faults == [])
        Self.end(&scene)
        #expect(scene.run(.seconds(4)).last?.faults == [.audioStopped])
    }

    @Test func theFirstPictureIsOnItsWay() throws {
        var scene = try Scene()
        scene.connect()
        let verdicts = self.arrive(&scene, .seconds(10), withSound: false)
        #expect(verdicts.course == [.starting])
        let sentence = "The encoder has been connected for 10 s, and its first picture is still arriving."
        #expect(verdicts.last?.sentence == sentence)
        #expect(verdicts.last?.source?.state == .connecting)
        verdicts.forEach { checked($0) }
    }

    @Test func aLossSaysWhenItWasLastHeard() throws {
        var scene = try self.live()
        _ = self.arrive(&scene, .seconds(15), withSound: false)
        scene.now = scene.now + .seconds(2)
        scene.lose(.silent)
        #expect(scene.verdict().sentence.hasPrefix("The encoder has been silent for 2 s: check it and its network;"))
    }

    @Test func snapshotsCarryIt() throws {
        let arriving = Instant(microseconds: 7_000_000)
        let source = SourceSnapshot(
            protocol: .rtmp,
            address: "10.0.0.3:1",
            connectedAt: Instant(microseconds: 1),
            lastHeard: Instant(microseconds: 5),
            pictureArriving: arriving
        )
        #expect(source.heard == arriving && source.arriving(.video) == arriving && source.arriving(.audio) == nil)
        let written = try JSONEncoder().encode(source)
        #expect(try JSONDecoder().decode(SourceSnapshot.self, from: written) == source)
        var alone = source
        alone.pictureArriving = nil
        #expect(alone.heard == Instant(microseconds: 5))
        alone.soundArriving = Instant(microseconds: 4)
        #expect(alone.heard == Instant(microseconds: 5))
    }
}

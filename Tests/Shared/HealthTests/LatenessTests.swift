import Contract
import Health
import Testing

/// What makes every viewer later than need be, or leaves some without a picture: said, and no reason to call the stream unwell.
@Suite struct LatenessTests {
    private static func live() throws -> Scene {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(10))
        return scene
    }

    private static func run(
        _ scene: inout Scene,
        _ time: Duration,
        _ change: (inout InspectionSnapshot) -> Void
    ) -> Verdict {
        let end = scene.now + time
        var verdict = scene.verdict()
        while scene.now < end {
            var inspection = InspectionSnapshot(at: scene.now)
            change(&inspection)
            scene.snapshot.inspection = inspection
            verdict = scene.run(.milliseconds(500)).last ?? verdict
        }
        return verdict
    }

    @Test func soundAndPictureThatComeApartAreToldUntilTheyAreNear() throws {
        var scene = try Self.live()
        #expect(Self.run(&scene, .seconds(5)) { $0.interleave = 1.4 }.faults == [])
        let late = Self.run(&scene, .seconds(2)) { $0.interleave = 1.6 }
        #expect(late.state == .live && late.isHealthy && late.faults == [.interleaveGap])
        #expect(late.sentence.contains("Sound comes 1.6 s before the picture of the same time"))
        #expect(Self.run(&scene, .seconds(20)) { $0.interleave = 1.3 }.faults == [.interleaveGap])
        #expect(Self.run(&scene, .seconds(7)) { $0.interleave = 1.1 }.faults == [])
        let early = Self.run(&scene, .seconds(2)) { $0.interleave = -2 }
        #expect(early.sentence.contains("The picture comes 2 s before the sound of the same time"))
        // Where one of them has stopped, that is what there is to say.
        scene.sendsAudio = false
        #expect(Self.run(&scene, .seconds(12)) { $0.interleave = -2 }.faults == [.audioStopped])
    }

    @Test func picturesSentLongBeforeTheyAreShownAreTold() throws {
        var scene = try Self.live()
        #expect(Self.run(&scene, .seconds(5)) { $0.reordering = 0.2 }.faults == [])
        let deep = Self.run(&scene, .seconds(2)) { $0.reordering = 0.8 }
        #expect(deep.state == .live && deep.faults == [.reorderingDeep])
        #expect(deep.sentence.contains("Pictures are sent 0.8 s before they are shown"))
        #expect(Self.run(&scene, .seconds(20)) { $0.reordering = 0.45 }.faults == [.reorderingDeep])
        #expect(Self.run(&scene, .seconds(7)) { $0.reordering = 0.1 }.faults == [])
    }

    @Test(arguments: [
        ("avc1.42c01e", nil), ("avc1.4d401f", nil), ("avc1.640028", nil), ("avc1.6e0028", "H.264 High 10"),
        ("avc1.7a0028", "H.264 High 4:2:2"), ("avc3.f40028", "H.264 High 4:4:4"), ("avc1.58001e", "H.264 Extended"),
        ("avc1.2c0028", "H.264 CAVLC 4:4:4"), ("avc1.", nil), ("avc1", nil), ("avc1.zz", nil), ("", nil),
        ("hvc1.1.6.L93.B0", nil), ("hvc1.2.4.L120.90", nil), ("hev1.4.10.L93.B0", "H.265 with range extensions"),
        ("hvc1.A4.10.L93", "H.265 with range extensions"), ("hvc1.99999999999999999999.1", nil),
        ("av01.0.04M.08", nil), ("av01.1.04M.08", "AV1 High"), ("av01.2.04M.12", "AV1 Professional"),
        ("vp09.00.10.08", nil), ("vp09.02.10.10", nil), ("vp09.01.10.08", "VP9 profile 1"), ("mp4a.40.2", nil),
    ])
    func profilesThatBrowsersDoNotPlayAreNamed(codec: String, name: String?) throws {
        var scene = try Self.live()
        scene.snapshot.tracks[0].codecString = codec
        let verdict = try #require(scene.run(.seconds(4)).last)
        let told = verdict.findings.first { $0.fault == .profileUnusual }
        #expect((told != nil) == (name != nil), "\(codec): \(verdict.sentence)")
        #expect(verdict.state == .live)
        if let name { #expect(told?.wording.sentence.contains("is coded as \(name), which") == true) }
    }
}

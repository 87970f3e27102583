import Contract
import Health
import Testing

/// What is seen and heard becomes a fault, stays one while it lasts, and goes with it.
@Suite struct InspectionFaultTests {
    private func live() throws -> Scene {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(30))
        return scene
    }

    /// Runs the scene with an inspection that is made anew for each step.
    private func run(
        _ scene: inout Scene,
        _ time: Duration,
        _ change: (inout InspectionSnapshot, Instant) -> Void
    ) -> [Verdict] {
        let end = scene.now + time
        var verdicts: [Verdict] = []
        while scene.now < end {
            let next = scene.now + .milliseconds(500)
            var inspection = InspectionSnapshot(at: next)
            inspection.picture = PictureInspection(at: next, decoded: 9, meanLuma: 100, spread: 40)
            inspection.sound = SoundInspection(at: next, peak: -12, rms: -20)
            change(&inspection, next)
            scene.snapshot.inspection = inspection
            verdicts += scene.run(.milliseconds(500))
        }
        return verdicts
    }

    typealias Change = @Sendable (inout InspectionSnapshot, Instant) -> Void

    static let faults: [(StreamFault, String, Change)] = [
        (.black, "is black", { inspection, _ in inspection.picture?.isBlack = true }),
        (.flat, "one colour", { inspection, _ in inspection.picture?.isFlat = true }),
        (
            .frozen, "has stood still for 4 s",
            { inspection, now in
                inspection.picture?.standsSince = now + .seconds(-4)
                inspection.picture?.movedBefore = true
            }
        ),
        (.silent, "has been silent for 4 s", { inspection, now in inspection.sound?.zeroSince = now + .seconds(-4) }),
        (.soundLow, "hardly audible for 61 s", { inspection, now in inspection.sound?.lowSince = now + .seconds(-61) }),
        (
            .channelMissing, "The right channel",
            { inspection, now in
                inspection.sound?.missingChannel = 1
                inspection.sound?.missingSince = now + .seconds(-6)
            }
        ),
        (.clipping, "distorted", { inspection, now in inspection.sound?.clippedSince = now + .seconds(-4) }),
        (.drifting, "move 50 ms apart each second", { inspection, _ in inspection.drift = -0.05 }),
    ]

    @Test(arguments: Self.faults.indices) func aFaultLastsAsLongAsItsCause(_ index: Int) throws {
        let (fault, words, change) = Self.faults[index]
        var scene = try live()
        #expect(self.run(&scene, .seconds(10)) { _, _ in }.course == [.live])
        let began = scene.now
        let verdicts = self.run(&scene, .seconds(600), change)
        let first = try #require(verdicts.firstIndex { $0.faults == [fault] })
        #expect(Duration.milliseconds(500) * (first + 1) <= .seconds(3), "\(began)")
        #expect(verdicts[first...].allSatisfy { $0.faults == [fault] && $0.state == .degraded })
        #expect(verdicts[first].sentence.contains(words), "\(verdicts[first].sentence)")
        let after = self.run(&scene, .seconds(10)) { _, _ in }
        #expect(after.last?.state == .live && after.last?.faults == [])
    }

    @Test func eachIsSaidInJapaneseToo() throws {
        let now = Instant(microseconds: 1_000_000_000)
        for (fault, _, change) in Self.faults {
            var inspection = InspectionSnapshot(at: now)
            inspection.picture = PictureInspection(at: now, decoded: 1, meanLuma: 0, spread: 0)
            inspection.sound = SoundInspection(at: now, peak: 0, rms: 0)
            change(&inspection, now)
            let text = try #require(InspectionSentences.sentence(fault, inspection, at: now, in: .japanese))
            #expect(text.hasSuffix("。"))
        }
        #expect(InspectionSentences.sentence(.videoStopped, InspectionSnapshot(at: now), at: now) == nil)
        #expect(InspectionSentences.sentence(.unchecked, InspectionSnapshot(at: now), at: now, in: .japanese) != nil)
    }

    @Test(arguments: [
        (StreamContent.camera, false, true), (.camera, true, true), (.slides, true, false), (.slides, false, false),
        (.auto, true, true), (.auto, false, false),
    ])
    func aStandingPictureIsAFaultWherePicturesMove(
        _ content: StreamContent,
        _ movedBefore: Bool,
        _ isFault: Bool
    ) throws {
        var scene = try live()
        let verdicts = self.run(&scene, .seconds(30)) { inspection, now in
            inspection.picture?.standsSince = now + .seconds(-10)
            inspection.picture?.movedBefore = movedBefore
            inspection.picture?.content = content
        }
        #expect(verdicts.last?.faults == (isFault ? [.frozen] : []))
    }

    @Test func pausesAndPassingBlackAreNoFaults() throws {
        var scene = try live()
        let verdicts = self.run(&scene, .seconds(2)) { inspection, now in
            inspection.picture?.isBlack = true
            inspection.sound?.zeroSince = now + .seconds(-2)
            inspection.sound?.lowSince = now + .seconds(-50)
            inspection.drift = 0.01
        }
        #expect(verdicts.course == [.live])
        #expect(self.run(&scene, .seconds(10)) { _, _ in }.course == [.live])
    }

    @Test func aCheckThatHangsIsANoteAndItsFindingsCountNoMore() throws {
        var scene = try live()
        _ = self.run(&scene, .seconds(10)) { inspection, _ in inspection.picture?.isBlack = true }
        #expect(scene.verdict().faults == [.black])
        let verdicts = scene.run(.seconds(20))
        #expect(verdicts.last?.state == .live)
        #expect(verdicts.last?.faults == [.unchecked])
        #expect(verdicts.last?.sentence.contains("have not been checked for 20 s") == true)
    }

    /// Half the frame rate is a fault for as long as it lasts, and is never learned as usual.
    @Test func halfTheFrameRateForTenMinutesStaysAFault() throws {
        var scene = try live()
        scene.run(.seconds(30))
        for step in 1...10 {
            scene.snapshot.tracks[0].frameRate = 25 - 1.25 * Double(step)
            scene.run(.seconds(1))
        }
        scene.run(.seconds(6))
        let verdicts = scene.run(.seconds(600))
        #expect(verdicts.allSatisfy { $0.faults == [.frameRateFell] })
        scene.snapshot.tracks[0].frameRate = 25
        #expect(scene.run(.seconds(10)).last?.faults == [])
    }
}

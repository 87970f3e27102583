import Contract
import Health
import Testing

/// What the configuration expects counts whatever is usual, and the rule of `/health` says what fails it.
@Suite struct ExpectationTests {
    private func scene(_ expect: ExpectSpec, health: HealthSpec = .standard) throws -> Scene {
        var scene = try Scene()
        scene.health = StreamHealth(
            setting: HealthSetting(
                rtmpPort: 1935,
                sourceTimeout: .seconds(2),
                judgement: JudgementSpec(health: health, expect: expect)
            )
        )
        scene.connect()
        return scene
    }

    typealias Case = (expect: ExpectSpec, fault: StreamFault, sentence: String)

    static let cases: [Case] = [
        (
            ExpectSpec(bitrate: ValueRange(least: 3_000_000)), .bitrateLow,
            "The stream has 2.6 Mbit/s where at least 3 Mbit/s is expected: raise the encoder's bitrate, and check its line."
        ),
        (
            ExpectSpec(bitrate: ValueRange(most: 2_000_000)), .bitrateHigh,
            "The stream has 2.6 Mbit/s where at most 2 Mbit/s is expected: lower the encoder's bitrate."
        ),
        (
            ExpectSpec(fps: ValueRange(least: 30)), .frameRateLow,
            "Only 25 pictures a second come where at least 30 are expected: the encoder is overloaded, or set to another rate."
        ),
        (
            ExpectSpec(fps: ValueRange(least: 5, most: 15)), .frameRateHigh,
            "25 pictures a second come where at most 15 are expected: check the encoder's frame rate."
        ),
        (
            ExpectSpec(keyframes: .seconds(1)), .keyframesRare,
            "The picture has a keyframe only every 2 s: newcomers wait that long; set the encoder's keyframe interval to 1 s."
        ),
        (
            ExpectSpec(size: PixelSize(width: 1920, height: 1080)), .sizeUnexpected,
            "The picture is 1280×720 where 1920×1080 is expected: check the size that the encoder sends."
        ),
    ]

    @Test(arguments: Self.cases.indices) func whatIsNotAsExpectedIsAFaultFromTheStart(_ index: Int) throws {
        let wanted = Self.cases[index]
        var scene = try self.scene(wanted.expect)
        let verdicts = scene.run(.seconds(600))
        #expect(verdicts.course == [.starting, .live, .degraded])
        #expect(verdicts.last?.faults == [wanted.fault])
        #expect(verdicts.last?.sentence == wanted.sentence)
        // Viewers have a picture all the same.
        #expect(verdicts.last?.httpStatus == 200)
    }

    @Test func whatIsAsExpectedIsNone() throws {
        var scene = try self.scene(
            ExpectSpec(
                bitrate: ValueRange(least: 2_000_000, most: 3_000_000),
                fps: ValueRange(least: 24, most: 26),
                keyframes: .seconds(2),
                size: PixelSize(width: 1280, height: 720)
            )
        )
        #expect(scene.run(.seconds(120)).course == [.starting, .live])
    }

    /// A figure that swings about its limit does not make the verdict swing.
    @Test func noFlicker() throws {
        var scene = try self.scene(ExpectSpec(bitrate: ValueRange(least: 2_000_000)))
        scene.run(.seconds(30))
        scene.snapshot.tracks[0].bitrate = 1_700_000
        var verdicts = scene.run(.seconds(10))
        for bitrate in [1_900_000.0, 1_860_000, 1_950_000, 1_880_000] {
            scene.snapshot.tracks[0].bitrate = bitrate
            verdicts += scene.run(.seconds(8))
        }
        #expect(verdicts.course == [.live, .degraded])
        scene.snapshot.tracks[0].bitrate = 2_200_000
        #expect(scene.run(.seconds(10)).course == [.degraded, .live])
    }

    @Test func aChangeOfFormatIsSaidForAMinute() throws {
        var scene = try self.scene(.nothing)
        scene.run(.seconds(30))
        scene.snapshot.tracks[0].width = 1920
        scene.snapshot.tracks[0].height = 1080
        scene.snapshot.tracks[0].codec = "hevc"
        let verdict = try #require(scene.run(.seconds(30)).last)
        #expect(verdict.state == .live)
        #expect(verdict.faults == [.formatChanged])
        #expect(verdict.sentence.hasSuffix("changed from h264, 1280×720 to hevc, 1920×1080 while it was on air."))
        #expect(scene.run(.seconds(60)).last?.faults == [])
        // Another source may be what it likes.
        scene.lose(.ended)
        scene.run(.seconds(1))
        scene.connect()
        #expect(scene.run(.seconds(20)).last?.faults == [])
    }

    @Test(arguments: [(0.9, StreamFault.inputSlow, "Only 0.90 s of media"), (1.25, .inputFast, "1.25 s of media")])
    func aPaceThatIsNotOfTheClock(pace: Double, fault: StreamFault, words: String) throws {
        var scene = try self.scene(.nothing)
        scene.run(.seconds(30))
        func run(_ pace: Double?) -> [Verdict] {
            (0..<30).flatMap { _ in
                var inspection = InspectionSnapshot(at: scene.now + .milliseconds(500))
                inspection.pace = pace
                scene.snapshot.inspection = inspection
                return scene.run(.milliseconds(500))
            }
        }
        #expect(run(1).course == [.live])
        #expect(run(pace).last?.faults == [fault])
        #expect(scene.verdict().sentence.hasPrefix(words))
        #expect(run(1).course == [.degraded, .live])
    }

    @Test(arguments: [
        (\InspectionSnapshot.isPictureTooLarge, "it is too large for the relay's memory"),
        (\.isPictureUnreadable, "it cannot be decoded here"),
    ])
    func aPictureThatNobodyCanLookAtIsSaid(
        why: any WritableKeyPath<InspectionSnapshot, Bool> & Sendable,
        words: String
    ) throws {
        var scene = try self.scene(.nothing)
        scene.run(.seconds(30))
        var inspection = InspectionSnapshot(at: scene.now)
        inspection[keyPath: why] = true
        scene.snapshot.inspection = inspection
        let verdict = scene.verdict()
        #expect(verdict.state == .live)
        #expect(verdict.faults == [.unchecked])
        #expect(verdict.sentence.contains("The picture is not checked, because \(words)"))
    }

    @Test func everySentenceIsThereInBothLanguages() {
        let faults: [StreamFault] = [
            .bitrateLow, .bitrateHigh, .frameRateLow, .frameRateHigh, .sizeUnexpected, .inputSlow, .inputFast,
            .formatChanged, .keyframesRare,
        ]
        for fault in faults {
            for language in [Language.english, .japanese] {
                let text = ExpectationSentences.sentence(
                    fault,
                    measured: "MEASURED",
                    expected: "EXPECTED",
                    in: language
                )
                #expect(text.contains("MEASURED"), "\(fault)")
                #expect(text.contains("EXPECTED") || [.inputSlow, .inputFast].contains(fault), "\(fault)")
                #expect(language == .english ? text.hasSuffix(".") : text.hasSuffix("。"), "\(fault)")
            }
        }
    }

    // MARK: - The rule

    @Test(arguments: StreamFault.allCases) func theRuleSaysWhichFaultsFail(_ fault: StreamFault) {
        #expect(HealthSpec(states: [], faults: [fault]).isHealthy(.degraded, [fault]) == false)
        let others = Set(StreamFault.allCases).subtracting([fault])
        #expect(HealthSpec(states: [], faults: others).isHealthy(.degraded, [fault]))
    }

    @Test func theStandardRuleFailsWhereViewersHaveNothing() throws {
        var scene = try self.scene(.nothing)
        #expect(scene.verdict().httpStatus == 503)
        #expect(scene.run(.seconds(30)).last?.httpStatus == 200)
        scene.sendsAudio = false
        let silent = try #require(scene.run(.seconds(8)).last)
        #expect(silent.state == .degraded && silent.httpStatus == 503 && silent.failsRelay)
        scene.sends = false
        let stale = try #require(scene.run(.seconds(8)).last)
        #expect(stale.state == .stale && stale.httpStatus == 503 && stale.failsRelay)
        scene.lose(.ended)
        let waiting = scene.verdict()
        #expect(waiting.state == .waiting && waiting.httpStatus == 503 && !waiting.failsRelay)
    }

    @Test func anotherRuleIsObeyed() throws {
        var scene = try self.scene(.nothing, health: HealthSpec(names: ["degraded"]))
        #expect(scene.verdict().httpStatus == 200)
        scene.run(.seconds(30))
        scene.keyframeEvery = .seconds(9)
        #expect(scene.run(.seconds(30)).last?.httpStatus == 503)
        scene.sends = false
        #expect(scene.run(.seconds(8)).last?.httpStatus == 200)
    }
}

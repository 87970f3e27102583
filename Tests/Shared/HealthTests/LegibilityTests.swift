import Contract
import Health
import Testing

/// Text that nobody can read is said to the operator, and is no alarm.
@Suite struct LegibilityTests {
    private static let fine = TextInspection(lines: 30, height: 10, contrast: 150, quantiser: 24)
    private static let coarse = TextInspection(lines: 30, height: 9, contrast: 100, quantiser: 38)

    private func run(
        _ scene: inout Scene,
        _ time: Duration,
        _ text: TextInspection?,
        content: StreamContent = .auto
    ) -> [Verdict] {
        let end = scene.now + time
        var verdicts: [Verdict] = []
        while scene.now < end {
            let next = scene.now + .milliseconds(500)
            var inspection = InspectionSnapshot(at: next)
            inspection.picture = PictureInspection(
                at: next,
                decoded: 9,
                meanLuma: 100,
                spread: 40,
                content: content
            )
            inspection.picture?.text = text
            scene.snapshot.inspection = inspection
            verdicts += scene.run(.milliseconds(500))
        }
        return verdicts
    }

    private func live() throws -> Scene {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(30))
        return scene
    }

    @Test func textThatSmearsIsToldWhileTheStreamStaysLive() throws {
        var scene = try self.live()
        #expect(self.run(&scene, .seconds(10), Self.fine).last?.faults == [])
        let verdicts = self.run(&scene, .seconds(20), Self.coarse)
        let first = try #require(verdicts.firstIndex { $0.faults == [.textIllegible] })
        #expect((9...11).contains(first))
        #expect(verdicts.allSatisfy { $0.state == .live && $0.isHealthy })
        let sentence = try #require(verdicts.last).sentence
        #expect(sentence.hasPrefix("Live: "))
        #expect(
            sentence.hasSuffix(
                "Small text smears: letters 9 pixels high at 1280×720 and 2.5 Mbit/s. 1920×1080 at 3 Mbit/s or a separate stream "
                    + "for slides is safer, and so is larger text."
            ),
            "\(sentence)"
        )
        // A page that is hardly better is no better.
        var hardly = Self.coarse
        hardly.contrast *= 250 * 1.1 / (Self.coarse.clarity ?? 1)
        #expect(self.run(&scene, .seconds(20), hardly).last?.faults == [.textIllegible])
        #expect(self.run(&scene, .seconds(10), Self.fine).last?.faults == [])
        #expect(self.run(&scene, .seconds(20), hardly).last?.faults == [])
    }

    @Test func noTextAndACameraAreNeverIllegible() throws {
        var scene = try self.live()
        #expect(self.run(&scene, .seconds(20), nil).last?.faults == [])
        #expect(self.run(&scene, .seconds(20), Self.coarse, content: .camera).last?.faults == [])
        #expect(self.run(&scene, .seconds(20), Self.coarse, content: .slides).last?.faults == [.textIllegible])
        // What nobody knows the coding of is judged by its size alone.
        let unknown = TextInspection(lines: 30, height: 9, contrast: 20)
        #expect(self.run(&scene, .seconds(20), unknown).last?.faults == [])
        let title = self.run(&scene, .seconds(4), Self.coarse)
        #expect(title.allSatisfy { $0.faults.isEmpty })
    }

    @Test func sharpTextMayBeTooSmall() throws {
        var scene = try self.live()
        let small = TextInspection(lines: 30, height: 4, contrast: 220, quantiser: 5)
        let sentence = try #require(self.run(&scene, .seconds(20), small).last).sentence
        #expect(sentence.contains("too small to be read in a hall: its letters are 4 pixels high at 1280×720"))
    }

    @Test func bothAreSaidInJapaneseToo() {
        let poor = LegibilitySentences(height: 9, width: 1280, lines: 720, bitrate: 1_100_000)
        #expect(poor.coarse(in: .japanese).contains("1280×720・1.1 Mbit/s") && poor.coarse(in: .japanese).hasSuffix("。"))
        #expect(poor.small(in: .japanese).hasSuffix("。"))
        let rich = LegibilitySentences(height: .nan, width: 0, lines: 1080, bitrate: .infinity)
        #expect(rich.coarse().hasPrefix("Small text smears: letters 0 pixels high at "))
        let wide = LegibilitySentences(height: 9, width: 1920, lines: 1080, bitrate: 6_000_000)
        #expect(wide.coarse().hasSuffix("A higher bitrate, a separate stream for slides, or larger text is safer."))
        #expect(wide.coarse(in: .japanese).contains("ビットレートを上げるか"))
    }

    @Test func clarityIsLessWithEachStepAndEachPixel() throws {
        func clarity(_ height: Double, _ contrast: Double, _ quantiser: Double) throws -> Double {
            try #require(
                TextInspection(lines: 1, height: height, contrast: contrast, quantiser: quantiser).clarity
            )
        }
        #expect(try clarity(10, 100, 0) == 100 / 0.625 * 100)
        #expect(try clarity(10, 100, 24) == 1000)
        #expect(try clarity(10, 100, 30) == 500)
        #expect(try clarity(5, 100, 24) == 250)
        #expect(try clarity(10, 50, 24) == 500)
        #expect(try clarity(10, 50, 27) < 500)
        for quantiser in [-1e300, 1e300, .nan] as [Double] { #expect(try clarity(10, 50, quantiser) > 0) }
        #expect(Self.fine.clarity ?? 0 > 250 && Self.coarse.clarity ?? 600 < 250)
    }
}

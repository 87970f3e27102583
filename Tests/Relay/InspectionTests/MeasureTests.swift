import Glibc
import Inspection
import Media
import Testing

@Suite struct PictureMeasureTests {
    private func still(_ luma: (Int) -> UInt8, colour: UInt8 = 128) -> StillPicture {
        let count = StillPicture.columns * StillPicture.rows
        return StillPicture(
            width: 1280,
            height: 720,
            luma: (0..<count).map(luma),
            blue: Array(repeating: colour, count: count / 4),
            red: Array(repeating: 128, count: count / 4)
        )
    }

    @Test func blackIsNoDarkStage() {
        #expect(PictureFigures(self.still { _ in 0 }).isBlack)
        // With what an encoder makes of it, and a small light of a logo.
        #expect(PictureFigures(self.still { $0 % 7 == 0 ? 2 : 0 }).isBlack)
        // 20 to 30 of 16...235 is 5 to 16 of 255.
        #expect(!PictureFigures(self.still { UInt8(5 + $0 * 7919 % 12) }).isBlack)
        #expect(!PictureFigures(self.still { $0 < 600 ? 200 : 0 }).isBlack)
    }

    @Test func oneColourIsFlatAndASlideIsNot() {
        #expect(PictureFigures(self.still({ _ in 90 }, colour: 220)).isFlat)
        #expect(!PictureFigures(self.still { _ in 0 }).isFlat)
        #expect(!PictureFigures(self.still { $0 % 160 < 8 ? 20 : 240 }).isFlat)
    }

    @Test func aRepeatIsToldFromASmallMovement() throws {
        let scene = self.still { UInt8($0 * 31 % 251) }
        let coarser = self.still { UInt8($0 * 31 % 251) &+ ($0 % 3 == 0 ? 1 : 0) }
        #expect(try #require(coarser.difference(from: scene)).isRepeat)
        // A clock in the corner.
        let moved = self.still { $0 % 160 < 8 && $0 < 1280 ? 255 : UInt8($0 * 31 % 251) }
        #expect(try #require(moved.difference(from: scene)).isRepeat == false)
        let larger = StillPicture(width: 1920, height: 1080, luma: scene.luma)
        #expect(larger.difference(from: scene) == nil)
    }
}

@Suite struct StandstillTests {
    private func note(_ meter: inout StandstillMeter, _ pattern: String, from start: Int64 = 0) {
        for (index, mark) in pattern.enumerated() {
            meter.note(isRepeat: mark == "=", at: start + Int64(index) * 2_000_000)
        }
    }

    @Test func whatMovedAllTheTimeIsFrozenAndMayFreezeAgain() {
        var meter = StandstillMeter()
        meter.begin(at: 0)
        self.note(&meter, "~~~~~~=", from: 2_000_000)
        #expect(meter.movedBefore)
        #expect(meter.since == 12_000_000)
        self.note(&meter, "====~~~~~==", from: 16_000_000)
        #expect(meter.movedBefore)
    }

    @Test func slidesAreNeverFrozen() {
        var meter = StandstillMeter()
        self.note(&meter, "========~=====~~====")
        #expect(meter.repeats == 4)
        #expect(!meter.movedBefore)
        // A film among slides does not make a camera of them.
        self.note(&meter, "~~~~~~~~===", from: 40_000_000)
        #expect(!meter.movedBefore)
    }

    /// The first slide after a camera looks frozen until the next one comes, and none after it does.
    @Test func aCameraThatGivesWayToSlidesIsNotFrozenForGood() {
        var meter = StandstillMeter()
        self.note(&meter, "~~~~~~~~~~====")
        #expect(meter.movedBefore)
        self.note(&meter, "~=", from: 40_000_000)
        #expect(!meter.movedBefore)
        // Nor where a picture fades into the next.
        for slide in 0..<5 {
            self.note(&meter, "=====~~=", from: 60_000_000 + Int64(slide) * 16_000_000)
            #expect(!meter.movedBefore)
        }
        // Until it has moved as a camera does for long.
        self.note(&meter, String(repeating: "~", count: 60) + "==", from: 200_000_000)
        #expect(meter.movedBefore)
    }

    @Test func nothingIsSaidOfAStreamThatBeginsStill() {
        var meter = StandstillMeter()
        self.note(&meter, "~~===")
        #expect(!meter.movedBefore)
    }
}

@Suite struct SoundMeasureTests {
    private func tone(_ level: Double, hertz: Double = 997, rate: Int = 48_000, seconds: Double = 1) -> [Float] {
        let amplitude = pow(10, level / 20)
        return (0..<Int(Double(rate) * seconds)).map {
            Float(amplitude * sin(2 * .pi * hertz * Double($0) / Double(rate)))
        }
    }

    /// EBU Tech 3341, case 1: a stereo tone of -23 dBFS is -23 LUFS; and BS.1770's calibration of one channel.
    @Test(arguments: [44_100, 48_000, 32_000]) func loudnessIsThatOfTheStandard(_ rate: Int) throws {
        let tone = self.tone(-23, hertz: 1000, rate: rate)
        var meter = LoudnessMeter()
        meter.add(SoundFigures(SoundSamples(rate: rate, channels: [tone, tone]), settling: rate / 10).power)
        #expect(abs(try #require(meter.momentary) + 23) < 0.1)
        var one = LoudnessMeter()
        let full = self.tone(0, rate: rate)
        one.add(SoundFigures(SoundSamples(rate: rate, channels: [full]), settling: rate / 10).power)
        #expect(abs(try #require(one.momentary) + 3.01) < 0.1)
    }

    /// EBU Tech 3341, case 3: what is ten LU below the mean does not count.
    @Test func quietPartsAreGated() throws {
        var meter = LoudnessMeter()
        for (level, seconds) in [(-36.0, 10), (-23.0, 60), (-36.0, 10)] {
            let tone = self.tone(level, hertz: 1000, seconds: 0.5)
            let power = SoundFigures(SoundSamples(rate: 48_000, channels: [tone, tone]), settling: 4800).power
            for _ in 0..<seconds { meter.add(power) }
        }
        #expect(abs(try #require(meter.integrated) + 23) < 0.15)
    }

    @Test func silenceMissingChannelsAndClippingAreTold() {
        let tone = self.tone(-20)
        let nothing = [Float](repeating: 0, count: tone.count)
        #expect(SoundFigures(SoundSamples(rate: 48_000, channels: [nothing, nothing])).isZero)
        #expect(SoundFigures(SoundSamples(rate: 48_000, channels: [tone, nothing])).missingChannel == 1)
        #expect(SoundFigures(SoundSamples(rate: 48_000, channels: [tone, tone])).missingChannel == nil)
        #expect(!SoundFigures(SoundSamples(rate: 48_000, channels: [self.tone(-80)])).isZero)
        let clipped = self.tone(6).map { min(max($0, -1), 1) }
        #expect(SoundFigures(SoundSamples(rate: 48_000, channels: [clipped])).clipped > 0.5)
        #expect(SoundFigures(SoundSamples(rate: 48_000, channels: [self.tone(-1)])).clipped == 0)
    }
}

@Suite struct DriftMeasureTests {
    /// Looks each half second, with the unevenness that packets have.
    private func drift(_ rate: Double, unevenness: Int64 = 20_000, seconds: Int = 10) -> Double? {
        var meter = DriftMeter()
        for look in 0...(seconds * 2) {
            let time = Int64(look) * 500_000
            let uneven = Int64(look * 7919 % 11) * unevenness / 10
            meter.note(lead: Int64(Double(time) * rate) + uneven, at: time)
        }
        return meter.drift
    }

    @Test func aDriftIsMeasured() throws {
        #expect(abs(try #require(self.drift(0.05)) - 0.05) < 0.01)
        #expect(abs(try #require(self.drift(-0.05)) + 0.05) < 0.01)
        #expect(abs(try #require(self.drift(0))) < 0.01)
    }

    /// An encoder of five pictures a second that has too little time for some seconds.
    @Test func picturesThatComeLateAreNoDrift() {
        var meter = DriftMeter()
        for look in 0..<80 {
            let time = Int64(look) * 500_000
            // Pictures come up to 400 ms late, and how far they have come is known to 200 ms.
            let late = (20..<32).contains(look) ? Int64(look - 20) * 33_000 : 0
            let picture = (time - late) / 200_000 * 200_000
            meter.note(lead: time - picture, grain: 200_000, at: time)
            #expect(abs(meter.drift ?? 0) < 0.02, "\(look): \(meter.drift ?? 0)")
        }
    }

    @Test func aDriftIsSeenThroughCoarsePictures() throws {
        var meter = DriftMeter()
        for look in 0..<30 {
            let time = Int64(look) * 500_000
            let picture = time / 200_000 * 200_000
            meter.note(lead: time + time / 12 - picture, grain: 200_000, at: time)
        }
        #expect(abs(try #require(meter.drift) - 1 / 12.0) < 0.02)
    }

    /// AAC at 48 kHz as RTMP stamps it, in whole milliseconds.
    private func gain(_ rate: Double, gapAt gap: Int? = nil) -> Double? {
        let length = 1024 * 1_000_000 / 48_000.0
        var pace = SamplePace()
        for index in 0..<400 {
            let time = Double(index + (gap.map { index >= $0 ? 30 : 0 } ?? 0)) * length * (1 + rate)
            pace.note(Int64(time / 1000) * 1000, length: length)
        }
        return pace.gain(length: length)
    }

    @Test func timestampsAreHeldAgainstSamples() throws {
        for rate in [0.05, -0.05, 0] { #expect(abs(try #require(self.gain(rate)) - rate) < 0.001) }
        // A gap is none, and what was before it counts no more.
        #expect(abs(try #require(self.gain(0, gapAt: 200))) < 0.001)
        #expect(self.gain(0, gapAt: 350) == nil)
    }

    @Test func aStepAheadIsNoDrift() {
        var meter = DriftMeter()
        for look in 0..<60 {
            let grain: Int64 = [30, 31].contains(look) ? 520_000 : 66_000
            meter.note(lead: look < 30 ? 0 : 500_000, grain: grain, at: Int64(look) * 500_000)
            #expect(abs(meter.drift ?? 0) < 0.001, "\(look): \(meter.drift ?? 0)")
        }
    }

    /// Half a second back: for as long the stream's clock all but stands.
    @Test func aStepBackIsNoPace() throws {
        let length = 1024 * 1_000_000 / 48_000.0
        var pace = SamplePace()
        var last: Int64 = 0
        for index in 0..<400 {
            let time = Int64(Double(index) * length) - (index < 200 ? 0 : 500_000)
            last = max(last + 1000, time)
            pace.note(last, length: length)
            if let gain = pace.gain(length: length) { #expect(abs(gain) < 0.01, "\(index): \(gain)") }
        }
        #expect(pace.gain(length: length) != nil)
    }

    @Test func aStepIsNoDrift() {
        var meter = DriftMeter()
        for look in 0..<30 { meter.note(lead: look < 10 ? 0 : 500_000, at: Int64(look) * 500_000) }
        #expect(meter.drift == 0)
        meter.note(lead: .min, at: 15_000_000)
        #expect(meter.drift == nil)
    }
}

@Suite struct InterleaveMeasureTests {
    /// Looks each half second at sound that is so far ahead, µs.
    private func gap(_ seconds: ClosedRange<Double>, grain: Int64 = 66_000, _ lead: (Double) -> Int64) -> Double? {
        var meter = InterleaveMeter()
        for time in stride(from: seconds.lowerBound, through: seconds.upperBound, by: 0.5) {
            meter.note(lead: lead(time), grain: grain, at: Int64(time * 1_000_000))
        }
        return meter.gap
    }

    @Test func aGapThatStaysIsMeasured() throws {
        #expect(self.gap(0...5) { _ in 2_500_000 } == nil)
        #expect(self.gap(0...10) { _ in 2_500_000 } == 2.434)
        #expect(self.gap(0...10) { _ in -2_500_000 } == -2.434)
        #expect(self.gap(0...10) { _ in 0 } == 0)
    }

    @Test func theLeastCounts() {
        // One large picture on a slow line, and tracks that take turns.
        #expect(self.gap(0...12) { (4...7).contains($0) ? 3_000_000 : 20_000 } == 0)
        #expect(self.gap(0...12) { Int64($0 * 2) % 2 == 0 ? 2_000_000 : -2_000_000 } == 0)
        // Of one picture in four seconds nobody can say how late it is.
        #expect(self.gap(0...12, grain: 4_000_000) { Int64($0 * 1_000_000) % 4_000_000 } == 0)
    }

    @Test func clocksThatHaveNothingToDoWithOneAnotherAreNoGap() {
        for lead in [Int64.min, .max, 3_600_000_000] { #expect(self.gap(0...12) { _ in lead } == nil) }
        #expect(self.gap(0...12, grain: .min) { _ in 2_000_000 } == 2)
    }

    /// Whoever did not look for a while does not know what came meanwhile.
    @Test func aPauseBeginsAnew() {
        var meter = InterleaveMeter()
        for second in 0...10 { meter.note(lead: 2_000_000, grain: 0, at: Int64(second) * 1_000_000) }
        #expect(meter.gap == 2)
        meter.note(lead: 2_000_000, grain: 0, at: 20_000_000)
        #expect(meter.gap == nil)
        meter.note(lead: 2_000_000, grain: 0, at: 19_000_000)
        #expect(meter.gap == nil)
    }
}

@Suite struct ReorderingMeasureTests {
    @Test func theLongestOfTheLastSecondsCounts() {
        var meter = ReorderingMeter()
        for picture in 0..<200 {
            let offset: Int64 = picture % 13 == 0 ? 866_000 : 0
            meter.note(offset: picture < 100 ? offset : 0, at: Int64(picture) * 100_000)
            #expect((meter.depth == nil) == (picture < 40))
            if (41..<100).contains(picture) { #expect(meter.depth == 0.866) }
        }
        #expect(meter.depth == 0)
        meter.note(offset: .max, at: 21_000_000)
        #expect(meter.depth == 60)
        meter.note(offset: .min, at: .max)
        meter.forget()
        #expect(meter.depth == nil)
    }
}

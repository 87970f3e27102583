import Media
import NIOCore
import Testing
import Toolkit

@Suite struct SegmentClockTests {
    /// A clock, what it is fed and the marks it gave.
    private struct Run {
        var clock: SegmentClock
        /// Wall-clock time of stream time zero, µs.
        var epoch: Int64
        var marks: [SegmentMark] = []
        var starts: [Int64] = []

        @discardableResult
        mutating func feed(_ track: TrackID, _ time: Int64, _ flags: PacketFlags = []) -> SegmentMark? {
            let packet = Packet(
                track: track,
                pts: MediaTime(microseconds: time),
                dts: MediaTime(microseconds: time),
                flags: flags,
                payload: ByteBuffer()
            )
            let mark = self.clock.observe(packet, wallClock: self.epoch + time)
            if let mark {
                self.marks.append(mark)
                self.starts.append(time)
            }
            return mark
        }

        /// Pictures at 25 a second with a keyframe every `gop`, and sound.
        mutating func play(_ range: Range<Int64>, gop: Int64, first: PacketFlags = []) {
            for time in stride(from: range.lowerBound, to: range.upperBound, by: 20_000) {
                let start = time - range.lowerBound
                if start % 40_000 == 0 {
                    let flags: PacketFlags = start % gop == 0 ? .keyframe : []
                    self.feed(.video, time, start == 0 ? flags.union(first) : flags)
                }
                self.feed(.audio, time, .keyframe)
            }
        }
    }

    private static let epoch: Int64 = 1_800_000_000_700_000
    private var run = Run(clock: SegmentClock(), epoch: Self.epoch)

    @Test(arguments: [(1_000_000, 2_000_000), (2_000_000, 2_000_000), (1_960_000, 1_960_000), (3_000_000, 3_000_000)])
    mutating func segmentsStartAtTheFirstKeyframeAtTheTarget(gop: Int64, expected: Int64) {
        self.run.clock.follow(.video)
        self.run.play(0..<60_000_000, gop: gop)
        #expect(zip(self.run.starts, self.run.starts.dropFirst()).allSatisfy { $1 - $0 == expected })
        #expect(self.run.marks.map(\.number) == (0..<UInt64(self.run.marks.count)).map { 1_800_000_000 + $0 })
        #expect(Set(self.run.marks.map(\.discontinuity)) == [1_800_000_000])
        #expect(self.run.marks.map(\.wallClock) == self.run.starts.map { Self.epoch + $0 })
    }

    @Test mutating func soundAloneIsCutAtPackets() {
        for time in stride(from: Int64(0), to: 10_000_000, by: 20_000) { self.run.feed(.audio, time, .keyframe) }
        #expect(self.run.starts.count == 6)
        #expect(
            zip(self.run.starts, self.run.starts.dropFirst()).allSatisfy { (1_900_000...2_000_000).contains($1 - $0) }
        )
    }

    @Test mutating func picturesLeadEvenIfSoundComesFirst() {
        self.run.clock.follow(.video)
        for time in stride(from: Int64(0), to: 3_000_000, by: 20_000) { self.run.feed(.audio, time, .keyframe) }
        #expect(self.run.marks.isEmpty)
        self.run.play(3_000_000..<4_000_000, gop: 1_000_000)
        #expect(self.run.starts == [3_000_000])
    }

    @Test mutating func soundGoesOnInSegmentsWhenTheCameraFails() {
        self.run.clock.follow(.video)
        self.run.play(0..<2_040_000, gop: 2_000_000)
        for time in stride(from: Int64(2_040_000), to: 20_000_000, by: 20_000) {
            self.run.feed(.audio, time, .keyframe)
        }
        #expect(self.run.starts.dropFirst(2).first == 8_000_000)
        #expect(self.run.starts.count > 6)
        self.run.play(21_000_000..<23_500_000, gop: 2_000_000)
        #expect(self.run.starts.last == 23_000_000)
    }

    @Test mutating func aBreakCutsAtItsFirstKeyframe() {
        self.run.clock.follow(.video)
        self.run.play(0..<10_500_000, gop: 2_000_000)
        self.run.feed(.audio, 14_000_000, [.keyframe, .discontinuity])
        self.run.play(14_300_000..<18_000_000, gop: 2_000_000)
        #expect(self.run.starts.suffix(3) == [10_000_000, 14_300_000, 16_300_000])
        let discontinuities = self.run.marks.suffix(3).map { Int($0.discontinuity) - 1_800_000_000 }
        #expect(discontinuities == [0, 1, 1])
        self.run.clock.breakOff()
        let mark = self.run.feed(.video, 18_000_000, .keyframe)
        #expect(mark?.discontinuity == 1_800_000_002)
    }

    @Test mutating func aSuccessorGoesOnAboveItsForerunner() throws {
        self.run.play(0..<9_000_000, gop: 2_000_000)
        let last = try #require(self.run.clock.mark)
        var quick = Run(clock: SegmentClock(after: last), epoch: Self.epoch - 3_600_000_000)
        quick.feed(.video, 0, .keyframe)
        let mark = try #require(quick.marks.first)
        #expect(mark.number == last.number + 1)
        #expect(mark.discontinuity == last.discontinuity + 1)
        #expect(mark.wallClock >= last.wallClock)
    }

    @Test(arguments: [
        SegmentMark(number: .max, discontinuity: 5, wallClock: Self.epoch),
        SegmentMark(number: UInt64(Int64.max), discontinuity: 5, wallClock: Self.epoch),
        SegmentMark(number: 5, discontinuity: .max, wallClock: Self.epoch),
        SegmentMark(number: 5, discontinuity: 5, wallClock: .max),
        SegmentMark(number: 5, discontinuity: 5, wallClock: .min),
    ])
    func aMarkThatNoClockCanHaveMadeIsNotGoneOnFrom(mark: SegmentMark) {
        var run = Run(clock: SegmentClock(after: mark), epoch: Self.epoch)
        run.clock.follow(.video)
        run.play(0..<9_000_000, gop: 2_000_000)
        run.clock.breakOff()
        run.play(9_000_000..<15_000_000, gop: 2_000_000)
        #expect(
            run.marks.first == SegmentMark(number: 1_800_000_000, discontinuity: 1_800_000_000, wallClock: Self.epoch)
        )
        #expect(zip(run.marks, run.marks.dropFirst()).allSatisfy { $1.number == $0.number + 1 })
    }

    /// Whatever the keyframe interval, the breaks, and the speed at which a publisher sends, a relay that starts again at
    /// any moment begins above every number that a playlist of three segments could have shown.
    @Test(.serialized, .ownThread, arguments: 0..<200)
    func numbersNeverOvertakeTheClock(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let epoch = Self.epoch + .random(in: 0..<1_000_000, using: &random)
        var clock = SegmentClock(target: .milliseconds(.random(in: 0...4000, using: &random)))
        clock.follow(.video)
        let gop = Int64.random(in: 1...100, using: &random) * 40_000
        let speed = Double.random(in: 0.5...10, using: &random)
        let breaks = Bool.random(using: &random)
        var last: SegmentMark?
        var count = 0
        for index in Int64(0)..<5_000 {
            let time = index * 40_000
            let wallClock = epoch + Int64(Double(time) / speed)
            let isBreak = breaks && Int.random(in: 0..<100, using: &random) == 0
            var flags: PacketFlags = time % gop == 0 || isBreak ? .keyframe : []
            if isBreak, index > 0 { flags.insert(.discontinuity) }
            let packet = Packet(
                track: .video,
                pts: MediaTime(microseconds: time),
                dts: MediaTime(microseconds: time),
                flags: flags,
                payload: ByteBuffer()
            )
            guard let mark = clock.observe(packet, wallClock: wallClock) else { continue }
            let seconds = UInt64(wallClock / 1_000_000)
            count += 1
            if let last {
                #expect(mark.number == last.number + 1)
                #expect(mark.discontinuity - last.discontinuity <= 1)
                #expect(mark.wallClock >= last.wallClock)
            }
            if mark.discontinuity == last?.discontinuity {
                #expect(count <= 3 ? mark.number <= seconds : mark.number < seconds)
            } else {
                #expect(mark.number <= seconds + 2)
            }
            #expect(mark.discontinuity <= mark.number)
            last = mark
        }
        #expect(count > 1)
    }

    // MARK: The longest segment

    /// The distances of the marks, ms.
    private var lengths: [Int64] { zip(self.run.starts, self.run.starts.dropFirst()).map { ($1 - $0) / 1000 } }

    @Test mutating func whatAPlaylistPromisedHoldsWhateverTheKeyframesDoLater() {
        self.run.clock.follow(.video)
        self.run.play(0..<8_000_000, gop: 2_000_000)
        #expect(self.run.clock.promise() == 2)
        // Groups of five seconds, then of one and a half, of four, and of two again.
        self.run.play(8_000_000..<28_000_000, gop: 5_000_000)
        self.run.play(28_000_000..<37_000_000, gop: 1_500_000)
        self.run.play(37_000_000..<49_000_000, gop: 4_000_000)
        self.run.play(49_000_000..<60_000_000, gop: 2_000_000)
        #expect(self.run.clock.promise() == 2)
        #expect(self.lengths.allSatisfy { (1000..<2500).contains($0) }, "\(self.lengths)")
        #expect(self.run.starts.suffix(3) == [55_000_000, 57_000_000, 59_000_000])
    }

    @Test mutating func aSegmentThatIsCutBetweenKeyframesIsNoPlaceToBegin() {
        self.run.clock.follow(.video)
        self.run.play(0..<6_000_000, gop: 2_000_000)
        _ = self.run.clock.promise()
        self.run.play(6_000_000..<8_480_000, gop: 10_000_000)
        #expect(self.run.starts.last == 8_440_000)
        #expect(self.run.clock.isWithinGroup)
        self.run.play(9_000_000..<10_600_000, gop: 10_000_000)
        self.run.play(10_600_000..<11_000_000, gop: 10_000_000)
        #expect(self.run.starts.last == 10_600_000)
        #expect(!self.run.clock.isWithinGroup)
    }

    @Test(arguments: [(1_000_000, 2), (5_000_000, 5), (10_400_000, 10), (3_520_000, 4)])
    mutating func thePromiseIsWhatTheKeyframesAreAtFirst(gop: Int64, seconds: Int) {
        self.run.clock.follow(.video)
        self.run.play(0..<35_000_000, gop: gop)
        #expect(self.run.clock.promise() == seconds)
        self.run.play(35_000_000..<70_000_000, gop: gop)
        #expect(self.lengths.allSatisfy { ($0 + 500) / 1000 <= seconds }, "\(self.lengths)")
    }

    /// A group that is still open when the playlist is first asked for counts as far as it has come.
    @Test mutating func thePromiseCoversTheRunningSegment() {
        self.run.clock.follow(.video)
        self.run.play(0..<6_000_000, gop: 2_000_000)
        self.run.play(6_000_000..<10_000_000, gop: 30_000_000)
        #expect(self.run.clock.promise() == 4)
    }

    @Test mutating func picturesThatHaveOneKeyframeAloneAreCutAllTheSame() {
        self.run.clock.follow(.video)
        self.run.play(0..<60_000_000, gop: 100_000_000)
        #expect(self.lengths.allSatisfy { (12_000..<12_500).contains($0) })
        #expect(self.run.starts.count == 5)
    }

    /// Pictures once a second, and a camera that pauses while the sound goes on.
    @Test mutating func slowPicturesKeepThePromiseToo() {
        self.run.clock.follow(.video)
        for second in 0..<40 {
            if !(20..<25).contains(second) {
                self.run.feed(.video, Int64(second) * 1_000_000, second % 2 == 0 ? .keyframe : [])
            }
            for step in 0..<50 { self.run.feed(.audio, Int64(second) * 1_000_000 + Int64(step) * 20_000, .keyframe) }
            if second == 9 { #expect(self.run.clock.promise() == 2) }
        }
        #expect(self.lengths.allSatisfy { $0 < 2500 }, "\(self.lengths)")
    }

    @Test mutating func aPromiseThatNobodyHoldsIsMadeAnew() {
        self.run.clock.follow(.video)
        self.run.play(0..<8_000_000, gop: 2_000_000)
        #expect(self.run.clock.promise() == 2)
        self.run.clock.forgetPromise()
        self.run.play(8_000_000..<40_000_000, gop: 5_000_000, first: .discontinuity)
        #expect(self.run.clock.promise() == 5)
    }
}

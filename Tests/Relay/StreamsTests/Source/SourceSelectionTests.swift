import Streams
import Testing

@Suite struct SourceSelectionTests {
    private let first = SourceID(1)
    private let second = SourceID(2)
    private var selection = SourceSelection(timeout: .seconds(2))

    @Test mutating func theFirstPublisherGoesOnAir() {
        #expect(self.selection.deadline == nil)
        #expect(self.selection.claim(self.first, now: 0, takeover: false) == .begin)
        #expect(self.selection.onAir == self.first)
        #expect(self.selection.heard(self.first, now: 10) == .proceed)
        #expect(self.selection.deadline == 2_000_010)
    }

    @Test mutating func aSecondOneTakesOverAtOnce() {
        _ = self.selection.claim(self.first, now: 0, takeover: true)
        #expect(self.selection.claim(self.second, now: 1, takeover: true) == .takeOver(from: self.first))
        #expect(self.selection.onAir == self.second)
        #expect(self.selection.heard(self.first, now: 2) == .refuse)
        #expect(self.selection.heard(self.second, now: 2) == .proceed)
        // The end of the one that was replaced is no loss.
        #expect(self.selection.left(self.first, now: 3) == false)
        #expect(self.selection.onAir == self.second)
    }

    @Test mutating func withoutTakeoverASecondOneIsToldWhyNot() {
        _ = self.selection.claim(self.first, now: 0, takeover: false)
        guard case .refuse(let refusal) = self.selection.claim(self.second, now: 1_999_999, takeover: false) else {
            Issue.record("let on air")
            return
        }
        #expect(
            "\(refusal)" == """
                Another publisher is sending this stream and takeover is off: stop that one first, or try again when it \
                has been silent for 2 s.
                """
        )
        #expect(self.selection.onAir == self.first)
        #expect(self.selection.heard(self.second, now: 5) == .refuse)
    }

    @Test(arguments: [true, false])
    mutating func aHalfDeadForerunnerIsReplacedOnTheFirstTry(ticked: Bool) {
        _ = self.selection.claim(self.first, now: 0, takeover: false)
        _ = self.selection.heard(self.first, now: 500)
        if ticked { #expect(self.selection.tick(now: 2_000_500) == self.first) }
        #expect(self.selection.claim(self.second, now: 2_000_500, takeover: false) == .takeOver(from: self.first))
    }

    @Test mutating func silenceIsToldOnceAndEndsWithTheNextPacket() {
        _ = self.selection.claim(self.first, now: 0, takeover: true)
        #expect(self.selection.tick(now: 1_999_999) == nil)
        #expect(self.selection.tick(now: 2_000_000) == self.first)
        #expect(self.selection.tick(now: 9_000_000) == nil)
        #expect(self.selection.onAir == nil && self.selection.deadline == nil)
        #expect(self.selection.heard(self.first, now: 10_000_000) == .resume)
        #expect(self.selection.heard(self.first, now: 10_000_001) == .proceed)
        #expect(self.selection.tick(now: 12_000_001) == self.first)
    }

    @Test mutating func leavingEndsItForGood() {
        _ = self.selection.claim(self.first, now: 0, takeover: true)
        #expect(self.selection.left(self.first, now: 7) == true)
        #expect(self.selection.state == .vacant(since: 7))
        #expect(self.selection.heard(self.first, now: 8) == .refuse)
        #expect(self.selection.left(self.first, now: 9) == false)
        #expect(self.selection.tick(now: 9_000_000) == nil)
        #expect(self.selection.claim(self.second, now: 10, takeover: false) == .begin)
    }

    @Test mutating func aSilentOneThatLeavesWasLostWhenItFellSilent() {
        _ = self.selection.claim(self.first, now: 0, takeover: true)
        _ = self.selection.tick(now: 3_000_000)
        #expect(self.selection.left(self.first, now: 8_000_000) == false)
        #expect(self.selection.state == .vacant(since: 3_000_000))
    }

    @Test mutating func aClaimTwiceIsRefusedOnAirAndAResumptionInSilence() {
        _ = self.selection.claim(self.first, now: 0, takeover: true)
        #expect(self.selection.claim(self.first, now: 1, takeover: true) == .refuse(.alreadyOnAir))
        _ = self.selection.tick(now: 3_000_000)
        #expect(self.selection.claim(self.first, now: 3_000_001, takeover: true) == .begin)
    }

    /// Losses and beginnings alternate, and one source at most is heard, whatever the publishers do.
    @Test(arguments: UInt64(0)..<50)
    mutating func theStreamHasOneSourceAtMost(seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func random(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
        var now: Int64 = 0
        var onAir: SourceID?
        for _ in 0..<2000 {
            now += Int64(random(700_000))
            let source = SourceID(random(4))
            switch random(4) {
            case 0:
                switch self.selection.claim(source, now: now, takeover: random(2) == 0) {
                case .begin:
                    #expect(onAir == nil)
                    onAir = source
                case .takeOver(let from):
                    #expect(onAir == nil || onAir == from)
                    onAir = source
                case .refuse: #expect(onAir != nil)
                case .standBy: Issue.record("all sources have one rank")
                }
            case 1:
                switch self.selection.heard(source, now: now) {
                case .proceed: #expect(onAir == source)
                case .resume:
                    #expect(onAir == nil)
                    onAir = source
                case .refuse: #expect(onAir != source)
                case .standBy, .goOnAir: Issue.record("all sources have one rank")
                }
            case 2:
                if self.selection.left(source, now: now) {
                    #expect(onAir == source)
                    onAir = nil
                }
            default:
                if let lost = self.selection.tick(now: now) {
                    #expect(onAir == lost)
                    onAir = nil
                }
            }
            #expect(self.selection.onAir == onAir)
        }
    }

    // MARK: Ranks

    private let backup = SourceRank(1)

    @Test mutating func aBackupStandsByAndGoesOnAirWhenTheMainSourceIsLost() {
        _ = self.selection.claim(self.first, now: 0, takeover: false)
        let claim = self.selection.claim(self.second, rank: self.backup, now: 1, takeover: false)
        #expect(claim == .standBy(insteadOf: nil))
        #expect(self.selection.heard(self.second, canBegin: true, now: 2) == .standBy)
        #expect(self.selection.tick(now: 2_000_000) == self.first)
        // Without a keyframe there is nothing to show.
        #expect(self.selection.heard(self.second, canBegin: false, now: 2_000_001) == .standBy)
        let hearing = self.selection.heard(self.second, canBegin: true, now: 2_000_002)
        #expect(hearing == .goOnAir(insteadOf: self.first))
        #expect(self.selection.onAir == self.second)
        // The main source is heard again, and has the stream from its keyframe on.
        #expect(self.selection.heard(self.first, canBegin: false, now: 2_000_003) == .standBy)
        #expect(self.selection.heard(self.first, canBegin: true, now: 2_000_004) == .goOnAir(insteadOf: self.second))
        #expect(self.selection.left(self.first, now: 2_000_005) == true)
        #expect(self.selection.heard(self.second, canBegin: true, now: 2_000_006) == .goOnAir(insteadOf: nil))
    }

    @Test mutating func aMainSourceThatComesLateTakesTheStreamWithItsFirstKeyframe() {
        #expect(self.selection.claim(self.second, rank: self.backup, now: 0, takeover: false) == .begin)
        #expect(self.selection.claim(self.first, now: 1, takeover: false) == .standBy(insteadOf: nil))
        #expect(self.selection.onAir == self.second)
        #expect(self.selection.heard(self.first, canBegin: true, now: 2) == .goOnAir(insteadOf: self.second))
        #expect(self.selection.heard(self.second, canBegin: true, now: 3) == .standBy)
    }

    @Test mutating func sourcesThatStandByReplaceOneAnother() {
        let third = SourceID(3)
        _ = self.selection.claim(self.first, now: 0, takeover: false)
        _ = self.selection.claim(self.second, rank: self.backup, now: 1, takeover: false)
        let claim = self.selection.claim(third, rank: self.backup, now: 2, takeover: false)
        #expect(claim == .standBy(insteadOf: self.second))
        #expect(self.selection.heard(self.second, canBegin: true, now: 3) == .refuse)
        #expect(self.selection.left(third, now: 4) == false)
        #expect(self.selection.heard(third, canBegin: true, now: 5) == .refuse)
    }
}

import Streams
import Testing

@Suite struct SourceDeskTests {
    private let first = SourceID(1)
    private let second = SourceID(2)
    private var desk = SourceDesk(timeout: .seconds(2))

    @Test mutating func theFirstPublisherGoesOnAir() {
        #expect(self.desk.deadline == nil)
        #expect(self.desk.claim(self.first, now: 0, takeover: false) == .begin)
        #expect(self.desk.onAir == self.first)
        #expect(self.desk.heard(self.first, now: 10) == .proceed)
        #expect(self.desk.deadline == 2_000_010)
    }

    @Test mutating func aSecondOneTakesOverAtOnce() {
        _ = self.desk.claim(self.first, now: 0, takeover: true)
        #expect(self.desk.claim(self.second, now: 1, takeover: true) == .takeOver(from: self.first))
        #expect(self.desk.onAir == self.second)
        #expect(self.desk.heard(self.first, now: 2) == .refuse)
        #expect(self.desk.heard(self.second, now: 2) == .proceed)
        // The end of the one that was replaced is no loss.
        #expect(self.desk.left(self.first, now: 3) == false)
        #expect(self.desk.onAir == self.second)
    }

    @Test mutating func withoutTakeoverASecondOneIsToldWhyNot() {
        _ = self.desk.claim(self.first, now: 0, takeover: false)
        guard case .refuse(let refusal) = self.desk.claim(self.second, now: 1_999_999, takeover: false) else {
            Issue.record("let on air")
            return
        }
        #expect(
            "\(refusal)" == """
                Another publisher is sending this stream and takeover is off: stop that one first, or try again when it \
                has been silent for 2 s.
                """
        )
        #expect(self.desk.onAir == self.first)
        #expect(self.desk.heard(self.second, now: 5) == .refuse)
    }

    @Test(arguments: [true, false])
    mutating func aHalfDeadForerunnerIsReplacedOnTheFirstTry(ticked: Bool) {
        _ = self.desk.claim(self.first, now: 0, takeover: false)
        _ = self.desk.heard(self.first, now: 500)
        if ticked { #expect(self.desk.tick(now: 2_000_500) == self.first) }
        #expect(self.desk.claim(self.second, now: 2_000_500, takeover: false) == .takeOver(from: self.first))
    }

    @Test mutating func silenceIsToldOnceAndEndsWithTheNextPacket() {
        _ = self.desk.claim(self.first, now: 0, takeover: true)
        #expect(self.desk.tick(now: 1_999_999) == nil)
        #expect(self.desk.tick(now: 2_000_000) == self.first)
        #expect(self.desk.tick(now: 9_000_000) == nil)
        #expect(self.desk.onAir == nil && self.desk.deadline == nil)
        #expect(self.desk.heard(self.first, now: 10_000_000) == .resume)
        #expect(self.desk.heard(self.first, now: 10_000_001) == .proceed)
        #expect(self.desk.tick(now: 12_000_001) == self.first)
    }

    @Test mutating func leavingEndsItForGood() {
        _ = self.desk.claim(self.first, now: 0, takeover: true)
        #expect(self.desk.left(self.first, now: 7) == true)
        #expect(self.desk.state == .vacant(since: 7))
        #expect(self.desk.heard(self.first, now: 8) == .refuse)
        #expect(self.desk.left(self.first, now: 9) == false)
        #expect(self.desk.tick(now: 9_000_000) == nil)
        #expect(self.desk.claim(self.second, now: 10, takeover: false) == .begin)
    }

    @Test mutating func aSilentOneThatLeavesWasLostWhenItFellSilent() {
        _ = self.desk.claim(self.first, now: 0, takeover: true)
        _ = self.desk.tick(now: 3_000_000)
        #expect(self.desk.left(self.first, now: 8_000_000) == false)
        #expect(self.desk.state == .vacant(since: 3_000_000))
    }

    @Test mutating func aClaimTwiceIsRefusedOnAirAndAResumptionInSilence() {
        _ = self.desk.claim(self.first, now: 0, takeover: true)
        #expect(self.desk.claim(self.first, now: 1, takeover: true) == .refuse(.alreadyOnAir))
        _ = self.desk.tick(now: 3_000_000)
        #expect(self.desk.claim(self.first, now: 3_000_001, takeover: true) == .begin)
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
                switch self.desk.claim(source, now: now, takeover: random(2) == 0) {
                case .begin:
                    #expect(onAir == nil)
                    onAir = source
                case .takeOver(let from):
                    #expect(onAir == nil || onAir == from)
                    onAir = source
                case .refuse: #expect(onAir != nil)
                }
            case 1:
                switch self.desk.heard(source, now: now) {
                case .proceed: #expect(onAir == source)
                case .resume:
                    #expect(onAir == nil)
                    onAir = source
                case .refuse: #expect(onAir != source)
                }
            case 2:
                if self.desk.left(source, now: now) {
                    #expect(onAir == source)
                    onAir = nil
                }
            default:
                if let lost = self.desk.tick(now: now) {
                    #expect(onAir == lost)
                    onAir = nil
                }
            }
            #expect(self.desk.onAir == onAir)
        }
    }
}

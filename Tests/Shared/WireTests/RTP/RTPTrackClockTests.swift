import Testing
import Wire

/// One run of a track's clock: how far it has come, and what carries it on.
struct RTPTrackClockTests {
    private static let rate: Int64 = 90_000

    /// Pictures of 40 ms that came as they were made.
    private static func clock(pictures: Int = 10, from timestamp: UInt32 = 0) -> RTPTrackClock {
        var clock = RTPTrackClock(timestamp, rate: Self.rate)
        for number in 0..<pictures {
            clock.note(timestamp &+ UInt32(number) * 3600, now: Int64(number) * 40_000)
        }
        return clock
    }

    @Test func `Before the first packet it expects nothing and takes whatever comes`() {
        let clock = RTPTrackClock(5000, rate: Self.rate)
        #expect(clock.furthest == nil)
        #expect(clock.expected(now: 77) == nil)
        #expect(clock.deviation(of: 1 << 31, now: 77) == 0)
        #expect(clock.distance(to: 1 << 31, now: 77) == 0)
    }

    @Test func `It goes on by the time that passes`() {
        let clock = Self.clock()
        #expect(clock.furthest?.time == 360_000)
        #expect(clock.expected(now: 360_000) == 360_000)
        #expect(clock.expected(now: 1_360_000) == 1_360_000)
        // A clock of ours that went back is not followed.
        #expect(clock.expected(now: 0) == 360_000)
    }

    @Test func `Only what goes back, or ahead of the time that passed, deviates`() {
        let clock = Self.clock()
        // Late is no deviation: it may have been on its way.
        #expect(clock.deviation(of: 36_000, now: 9_000_000) == 0)
        #expect(clock.deviation(of: 36_000, now: 400_000) == 0)
        #expect(clock.deviation(of: 90_000, now: 400_000) == 600_000)
        #expect(clock.deviation(of: 0, now: 400_000) == -360_000)
        #expect(clock.distance(to: 0, now: 400_000) == 400_000)
    }

    @Test func `What is more than a second ahead or five behind is of another run`() {
        let clock = Self.clock()
        #expect(clock.reaches(0) && clock.reaches(1_000_000) && clock.reaches(-5_000_000))
        #expect(!clock.reaches(1_000_001) && !clock.reaches(-5_000_001))
    }

    @Test(arguments: [(600_000, 1_200_000), (3_000_000, 6_000_000), (30_000_000, 10_000_000)] as [(Int64, Int64)])
    func `A slow track may be further ahead: two of its steps, ten seconds at most`(step: Int64, room: Int64) {
        var clock = RTPTrackClock(0, rate: 1_000_000)
        for number in 0..<4 { clock.note(UInt32(Int64(number) * step), now: Int64(number) * step) }
        #expect(clock.reaches(room))
        #expect(!clock.reaches(room + 1))
    }

    @Test func `Packets of one timestamp are one piece of evidence`() {
        var clock = RTPTrackClock(0, rate: Self.rate)
        for timestamp in [0, 0, 0, 3600, 3600, 7200] as [UInt32] { clock.note(timestamp, now: 0) }
        #expect(clock.evidence == 2)
        clock.interrupt()
        #expect(clock.evidence == 0)
        clock.note(10_800, now: 40_000)
        #expect(clock.evidence == 1)
    }

    @Test func `A packet that comes late takes nothing back`() {
        var clock = Self.clock()
        clock.note(7200, now: 400_000)
        #expect(clock.furthest?.time == 360_000)
        #expect(clock.furthest?.arrival == 360_000)
    }

    @Test func `It goes on over the turn of its counter`() {
        let start = UInt32.max - 3599
        let clock = Self.clock(pictures: 100, from: start)
        let first = Int64(start) * 100 / 9
        #expect(clock.furthest.map { abs($0.time - first - 99 * 40_000) <= 1 } == true)
        #expect(clock.reaches(clock.deviation(of: start &+ 360_000, now: 4_000_000)))
    }

    @Test func `A run after another reads its times near those of the one before`() {
        let former = Self.clock(from: .max - 10)
        let jumped = RTPTrackClock(90_000 * 60, after: former)
        // The counter had turned: a minute on from there, and not a turn back.
        #expect(jumped.own(90_000 * 60) > 47_721_000_000)
        #expect(jumped.furthest == nil)
    }
}

import Testing
import Wire

/// Timestamps of 32 bits as times that do not turn.
struct RTPTimestampUnwrapperTests {
    @Test func `The first timestamp stands for what it says`() {
        #expect(RTPTimestampUnwrapper(90_000, rate: 90_000).time(of: 90_000) == 1_000_000)
        #expect(RTPTimestampUnwrapper(.max, rate: 48_000).time(of: .max) == 89_478_485_312)
    }

    @Test(arguments: [8_000, 44_100, 48_000, 90_000, 96_000] as [Int64])
    func `Times rise over every turn of the counter`(rate: Int64) {
        // Steps of nearly half the range: two and a half turns.
        let step: UInt32 = 1 << 30
        var unwrapper = RTPTimestampUnwrapper(.max - 5, rate: rate)
        var ticks = Int64(UInt32.max - 5)
        var timestamp = UInt32.max - 5
        for _ in 0..<10 {
            timestamp &+= step
            ticks += Int64(step)
            #expect(unwrapper.time(of: timestamp) == ticks / rate * 1_000_000 + ticks % rate * 1_000_000 / rate)
            unwrapper.follow(timestamp)
        }
    }

    @Test func `A timestamp is read as the one nearest to the latest, ahead or behind`() {
        let unwrapper = RTPTimestampUnwrapper(1000, rate: 1000)
        #expect(unwrapper.time(of: 1001) == 1_001_000)
        #expect(unwrapper.time(of: 999) == 999_000)
        // Behind zero.
        #expect(unwrapper.time(of: 0 &- 500) == -500_000)
        #expect(unwrapper.time(of: 1000 &+ 0x7FFF_FFFF) == 1_000_000 + 0x7FFF_FFFF * 1000)
        #expect(unwrapper.time(of: 1000 &+ 0x8000_0000) == 1_000_000 - 0x8000_0000 * 1000)
    }

    @Test func `Reading changes nothing, following does`() {
        var unwrapper = RTPTimestampUnwrapper(0, rate: 1)
        let far: UInt32 = 0x7000_0000
        #expect(unwrapper.time(of: far &* 2) == -0x2000_0000 * 1_000_000)
        #expect(unwrapper.time(of: far &* 2) == -0x2000_0000 * 1_000_000)
        unwrapper.follow(far)
        #expect(unwrapper.time(of: far &* 2) == 0xE000_0000 * 1_000_000)
    }

    @Test func `A rate of nothing is none to divide by`() {
        #expect(RTPTimestampUnwrapper(7, rate: 0).time(of: 8) == 8_000_000)
    }
}

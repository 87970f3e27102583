import Testing
import Wire

/// An offset that moves so slowly that nobody sees a step.
struct SlewedOffsetTests {
    /// Where it stands after so many steps of `interval`, and the largest change of one.
    private static func run(
        _ offset: inout SlewedOffset,
        from own: Int64,
        interval: Int64 = 20_000,
        steps: Int
    ) -> Int64 {
        var largest: UInt64 = 0
        for number in 1...steps {
            let before = offset.current
            _ = offset.place(own + Int64(number) * interval)
            largest = max(largest, (offset.current - before).magnitude)
        }
        return Int64(largest)
    }

    @Test func `Without a target it stays`() {
        var offset = SlewedOffset(700, from: 0)
        #expect(offset.place(0) == 700)
        #expect(offset.place(50_000_000) == 50_000_700)
        #expect(offset.current == 700)
    }

    @Test(arguments: [1_000_000, -1_000_000, 100_000, -100_000] as [Int64])
    func `A large error shrinks by a tenth of the time that passes`(error: Int64) {
        var offset = SlewedOffset(0, from: 0)
        offset.target = error
        #expect(Self.run(&offset, from: 0, steps: 10) == 2_000)
        #expect(offset.current == error.signum() * 20_000)
    }

    @Test(arguments: [30_000, -30_000] as [Int64])
    func `A small error shrinks to a third in a second, by less than a millisecond at a time`(error: Int64) {
        var offset = SlewedOffset(0, from: 0)
        offset.target = error
        #expect(Self.run(&offset, from: 0, steps: 50) <= 1000)
        let left = (error - offset.current).magnitude
        #expect((10_000...12_500).contains(left), "\(left)")
    }

    @Test(arguments: [12_345_678, -12_345_678] as [Int64])
    func `It reaches its target and never goes beyond`(error: Int64) {
        var offset = SlewedOffset(0, from: 0)
        offset.target = error
        var times: [Int64] = []
        for number in 1...20_000 {
            times.append(offset.place(Int64(number) * 20_000))
            #expect(offset.current.magnitude <= error.magnitude)
        }
        #expect((error - offset.current).magnitude <= 400)
        // Moved back or ahead, time goes on.
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `A gap in the track counts for two seconds at most`() {
        var offset = SlewedOffset(0, from: 0)
        offset.target = 10_000_000
        _ = offset.place(3_600_000_000)
        #expect(offset.current == 200_000)
    }

    @Test func `What comes out of order moves nothing twice`() {
        var offset = SlewedOffset(0, from: 0)
        offset.target = 1_000_000
        _ = offset.place(100_000)
        #expect(offset.current == 10_000)
        #expect(offset.place(40_000) == 50_000)
        #expect(offset.place(100_000) == 110_000)
        #expect(offset.current == 10_000)
    }

    @Test func `Of a clock that is ahead the same moments stand for the same times`() {
        var offset = SlewedOffset(500_000, from: 0)
        offset.target = 600_000
        _ = offset.place(1_000_000)
        let shifted = offset.shifted(by: 70_000_000, from: 71_000_000)
        #expect(shifted.current == offset.current - 70_000_000)
        #expect(shifted.target == 600_000 - 70_000_000)
        var (one, other) = (offset, shifted)
        #expect(one.place(1_500_000) == other.place(71_500_000))
    }
}

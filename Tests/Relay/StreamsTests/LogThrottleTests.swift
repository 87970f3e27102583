import Streams
import Testing

@Suite struct LogThrottleTests {
    @Test(arguments: [Int64.min, -1, 0, 1, Int64.max - 10])
    func theFirstIsAlwaysAllowed(start: Int64) {
        var throttle = LogThrottle(interval: 5)
        let allowed = [start, start + 4, start + 5].map { throttle.allows($0) }
        #expect(allowed == [true, false, true])
    }

    @Test func aClockFarAwayDoesNotTrap() {
        var throttle = LogThrottle()
        let allowed = [Int64.min, .max, 0].map { throttle.allows($0) }
        #expect(allowed.first == true)
    }
}

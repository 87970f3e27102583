import Admission
import Linux
import Testing

@Suite struct RefusalLogLimitTests {
    private let interval = RefusalLogLimit.interval

    private func peer(_ number: Int, port: UInt16 = 1) -> InternetAddress {
        InternetAddress(.v4(0x0a00_0000 + UInt32(number)), port: port)
    }

    @Test func aPeerThatTriesAgainAndAgainIsToldOfAFewTimesInAnIntervalAndThenWithTheNumber() {
        var echo = RefusalLogLimit()
        for step in 0..<RefusalLogLimit.lines { #expect(echo.hear("wrong_key", from: peer(1), now: Int64(step)) == 0) }
        for step in 1...1000 {
            #expect(echo.hear("wrong_key", from: peer(1, port: UInt16(step)), now: Int64(step) * 9_999) == nil)
        }
        #expect(echo.hear("wrong_key", from: peer(1), now: interval) == 1000)
        #expect(echo.hear("wrong_key", from: peer(1), now: interval + 1) == 0)
        #expect(echo.hear("wrong_key", from: peer(1), now: 2 * interval) == 0)
    }

    @Test func otherPeersAndOtherReasonsAreToldApart() {
        var echo = RefusalLogLimit()
        func exhaust(_ reason: String, _ peer: InternetAddress?) {
            for _ in 0..<RefusalLogLimit.lines { #expect(echo.hear(reason, from: peer, now: 0) == 0) }
            #expect(echo.hear(reason, from: peer, now: 0) == nil)
        }
        exhaust("wrong_key", peer(1))
        exhaust("wrong_key", peer(2))
        exhaust("busy", peer(1))
        exhaust("busy", nil)
        // A whole IPv6 network is one peer's.
        exhaust("busy", InternetAddress(.v6(0x2001 << 48, 1, scope: 0), port: 1))
        #expect(echo.hear("busy", from: InternetAddress(.v6(0x2001 << 48, 2, scope: 0), port: 1), now: 5) == nil)
    }

    @Test func aCrowdSharesOnePlaceUntilOthersFallSilent() {
        var echo = RefusalLogLimit()
        for number in 0..<RefusalLogLimit.places { #expect(echo.hear("busy", from: peer(number), now: 0) == 0) }
        for number in 0..<RefusalLogLimit.lines { #expect(echo.hear("busy", from: peer(1000 + number), now: 1) == 0) }
        for number in 2000..<3000 { #expect(echo.hear("wrong_key", from: peer(number), now: 2) == nil) }
        for _ in 0..<RefusalLogLimit.lines { #expect(echo.hear("busy", from: peer(4000), now: interval) == 0) }
        #expect(echo.hear("busy", from: peer(4000), now: interval) == nil)
        #expect(echo.hear("busy", from: peer(4001), now: interval) == 0)
    }
}

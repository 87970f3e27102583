import Inspection
import Testing

@Suite struct PaceMeterTests {
    /// Looks twice a second for so many seconds; `media` gives seconds of media after so many seconds of the clock.
    private func meter(_ seconds: Double, _ media: (Double) -> Double) -> [Double?] {
        var meter = PaceMeter()
        return stride(from: 0, to: seconds, by: 0.5).map { time in
            meter.note(media: Int64(media(time) * 1e6), at: Int64(time * 1e6) + 1_000_000)
            return meter.pace
        }
    }

    @Test(arguments: [0.5, 0.9, 0.95, 1.05, 1.5, 8]) func aSteadyPaceIsFound(_ pace: Double) throws {
        let paces = self.meter(30) { $0 * pace }
        #expect(paces.prefix(32).allSatisfy { $0 == nil })
        let last = try #require(paces.last ?? nil)
        #expect(abs(last - pace) < 0.01, "\(last)")
    }

    @Test func theClockOfAHealthySourceIsNearEnough() throws {
        // Packets come up to 200 ms late, and its clock is a ten-thousandth fast.
        let paces = self.meter(120) { $0 * 1.0001 - 0.2 * ($0 * 1.7).truncatingRemainder(dividingBy: 1) }
        #expect(paces.compactMap(\.self).allSatisfy { abs($0 - 1) < 0.015 }, "\(paces.compactMap(\.self))")
    }

    @Test func aBurstAfterAStallIsNoPace() {
        // Nothing for six seconds, and all of it in the next two.
        let paces = self.meter(60) { $0 < 20 || $0 > 28 ? $0 : $0 < 26 ? 20 : 20 + ($0 - 26) * 4 }
        #expect(paces.compactMap(\.self).allSatisfy { $0 == 1 || abs($0 - 1) < 0.001 }, "\(paces.compactMap(\.self))")
    }

    @Test func whatComesAtOnceAtTheBeginningIsNoPace() {
        let paces = self.meter(60) { min($0 * 4, 10 + $0) }
        #expect(paces.compactMap(\.self).allSatisfy { abs($0 - 1) < 0.001 }, "\(paces.compactMap(\.self))")
    }

    @Test func clocksThatJumpAreForgotten() {
        var meter = PaceMeter()
        for (index, media) in [0, Int64.max, .min, 5, -5, 7].enumerated() {
            meter.note(media: media, at: Int64(index) * 1_000_000)
            meter.note(media: media, at: 0)
            #expect(meter.pace == nil)
        }
        meter.forget()
        #expect(meter.pace == nil)
    }
}

import Rehearsal
import Testing

@Suite struct HistogramTests {
    @Test func smallValuesAreExact() {
        var histogram = Histogram()
        for value in 1...100 { histogram.record(UInt64(value)) }
        #expect(histogram.value(at: 0.5) == 50)
        #expect(histogram.value(at: 0.99) == 99)
        #expect(histogram.value(at: 1) == 100)
        #expect(histogram.value(at: 0) == 1)
        #expect(histogram.total == 100)
        #expect(histogram.largest == 100)
    }

    @Test func anEmptyOneHasNoQuantile() {
        #expect(Histogram().value(at: 0.5) == nil)
    }

    @Test(arguments: [128, 129, 1000, 65_535, 65_536, 1_234_567, 987_654_321, 1 << 35] as [UInt64])
    func anyQuantileIsWithinOnePerCent(value: UInt64) throws {
        var histogram = Histogram()
        histogram.record(value)
        histogram.record(value * 2)
        let found = try #require(histogram.value(at: 0.5))
        #expect(found >= value)
        #expect(Double(found - value) <= Double(value) * 0.01)
    }

    @Test func whatIsTooLargeIsKeptAsTheLargest() {
        var histogram = Histogram()
        histogram.record(.max)
        #expect(histogram.largest == .max)
        #expect(histogram.total == 1)
    }

    @Test func mergingAddsUp() {
        var first = Histogram()
        var second = Histogram()
        for value in 1...50 { first.record(UInt64(value)) }
        for value in 51...100 { second.record(UInt64(value)) }
        first.merge(second)
        #expect(first.value(at: 0.75) == 75)
        #expect(first.largest == 100)
    }
}

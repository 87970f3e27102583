import Contract
import Foundation
import Testing

@Suite struct DurationHistogramTests {
    private enum Steps: DurationSteps {
        static let bounds: [Duration] = [.milliseconds(10), .seconds(1)]
    }

    @Test func eachIsCountedWhereItBelongs() {
        var histogram = DurationHistogram<Steps>()
        for duration: Duration in [.seconds(-1), .zero, .milliseconds(10), .milliseconds(11), .seconds(1), .seconds(2)]
        {
            histogram.add(duration)
        }
        #expect(histogram.counts == [3, 2, 1])
        #expect(histogram.cumulated == [3, 5, 6])
        #expect(histogram.total == 6)
        #expect(histogram.sum == .milliseconds(3021))
    }

    /// What a relay says of itself may be anything.
    @Test func nothingThatIsReadEndsTheReader() throws {
        let full = try #require(DurationHistogram<Steps>(counts: [.max, 1, .max], sum: .zero))
        #expect(full.total == .max)
        #expect(full.cumulated == [.max, .max, .max])
        var more = full
        more.add(.zero)
        #expect(more.counts[0] == .max)
        let text = try JSONEncoder().encode(full)
        #expect(try JSONDecoder().decode(DurationHistogram<Steps>.self, from: text) == full)
        for counts in ["[]", "[1,2]", "[1,2,3,4]", "[1,2,-3]"] {
            let text = String(decoding: text, as: UTF8.self)
                .replacing(/"counts":\[[^\]]*\]/, with: "\"counts\":\(counts)")
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(DurationHistogram<Steps>.self, from: Data(text.utf8))
            }
        }
        #expect(DurationHistogram<Steps>(counts: [1], sum: .zero) == nil)
    }

    /// They are labels of metrics.
    @Test func stepsNeverChange() {
        func seconds(_ steps: (some DurationSteps).Type) -> [Double] { steps.bounds.map { $0 / .seconds(1) } }
        #expect(seconds(FirstPictureSteps.self) == [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])
        #expect(seconds(DelaySteps.self) == [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1])
        #expect(seconds(GapSteps.self) == [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])
    }
}

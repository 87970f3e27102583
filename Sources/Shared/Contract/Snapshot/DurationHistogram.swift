/// The steps by which durations of one kind are counted. They are labels of metrics: they never change.
package protocol DurationSteps: Sendable {
    /// Rising.
    static var bounds: [Duration] { get }
}

/// How often something took how long, as histograms of metrics count it.
package struct DurationHistogram<Steps: DurationSteps>: Hashable, Sendable {
    /// How often it took longer than the bound before and not longer than the bound; the last is of all that took longer.
    package private(set) var counts: [UInt64]

    /// Of all of them together.
    package private(set) var sum: Duration

    package init() {
        self.counts = Array(repeating: 0, count: Steps.bounds.count + 1)
        self.sum = .zero
    }

    /// Nil where there are more counts than steps, or fewer.
    package init?(counts: [UInt64], sum: Duration) {
        guard counts.count == Steps.bounds.count + 1 else { return nil }
        self.counts = counts
        self.sum = sum
    }

    /// Less than nothing counts as nothing.
    package mutating func add(_ duration: Duration) {
        let step = Steps.bounds.firstIndex { duration <= $0 } ?? Steps.bounds.count
        self.counts[step] = self.counts[step].addingClamped(1)
        self.sum += max(duration, .zero)
    }

    /// How often it was in all.
    package var total: UInt64 { self.counts.reduce(0) { $0.addingClamped($1) } }

    /// For each bound, and for all, how often it took no longer.
    package var cumulated: [UInt64] {
        var sum: UInt64 = 0
        return self.counts.map { count in
            sum = sum.addingClamped(count)
            return sum
        }
    }
}

extension DurationHistogram: Codable {
    private enum Key: CodingKey { case counts, sum }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let counts = try container.decode([UInt64].self, forKey: .counts)
        guard let read = Self(counts: counts, sum: try container.decode(Duration.self, forKey: .sum)) else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts,
                in: container,
                debugDescription: "not by these steps"
            )
        }
        self = read
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.counts, forKey: .counts)
        try container.encode(self.sum, forKey: .sum)
    }
}

extension UInt64 {
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

/// From a viewer's being let in to its first picture.
package enum FirstPictureSteps: DurationSteps {
    package static let bounds: [Duration] = [
        .milliseconds(10), .milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1),
        .milliseconds(2500), .seconds(5), .seconds(10), .seconds(30),
    ]
}

/// From media's coming to its having been given to the viewers of a format.
package enum DelaySteps: DurationSteps {
    package static let bounds: [Duration] = [
        .milliseconds(1), .microseconds(2500), .milliseconds(5), .milliseconds(10), .milliseconds(25),
        .milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1),
    ]
}

/// From an instance's end to the next one's taking its place.
package enum GapSteps: DurationSteps {
    package static let bounds: [Duration] = [
        .milliseconds(25), .milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1),
        .milliseconds(2500), .seconds(5), .seconds(10), .seconds(30),
    ]
}

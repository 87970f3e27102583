import Glibc

/// Loudness as EBU R128 defines it, of one block of 400 ms in each second: what a block is on average is known after some
/// seconds as well as if none had been left out, at less than half the cost.
package struct LoudnessMeter: Hashable, Sendable {
    /// LUFS below which a block counts as silence.
    private static let gate = -70.0
    /// Blocks of the short-term value, which is of three seconds.
    private static let shortTerm = 3
    /// Steps of the histogram in one LU, and how far up it goes.
    private static let steps = 10
    private static let top = 10.0

    private var recent: [Double] = []
    private var counts = [UInt32](repeating: 0, count: Int(Self.top - Self.gate) * Self.steps)

    package init() {}

    /// Adds the power of a block.
    package mutating func add(_ power: Double) {
        guard power.isFinite else { return }
        self.recent = Array((self.recent + [power]).suffix(Self.shortTerm))
        let loudness = Self.loudness(power)
        guard loudness >= Self.gate else { return }
        let step = min(Int((loudness - Self.gate) * Double(Self.steps)), self.counts.count - 1)
        self.counts[step] = self.counts[step] == .max ? .max : self.counts[step] + 1
    }

    /// LUFS of the newest block, of the last three seconds, and of all that was not silence; nil where there is none.
    package var momentary: Double? { self.recent.last.map(Self.loudness) }

    package var recentLoudness: Double? {
        self.recent.isEmpty ? nil : Self.loudness(self.recent.reduce(0, +) / Double(self.recent.count))
    }

    package var integrated: Double? {
        guard let mean = self.mean(from: 0) else { return nil }
        // Blocks ten LU below the mean of all do not count (EBU Tech 3341).
        let relative = Self.loudness(mean) - 10
        let first = max(Int(((relative - Self.gate) * Double(Self.steps)).rounded(.up)), 0)
        return self.mean(from: first).map(Self.loudness)
    }

    private func mean(from first: Int) -> Double? {
        var (sum, count) = (0.0, 0.0)
        for step in self.counts.indices where step >= first && self.counts[step] > 0 {
            let loudness = Self.gate + (Double(step) + 0.5) / Double(Self.steps)
            sum += Double(self.counts[step]) * pow(10, (loudness + 0.691) / 10)
            count += Double(self.counts[step])
        }
        return count > 0 ? sum / count : nil
    }

    private static func loudness(_ power: Double) -> Double {
        max(-0.691 + SoundFigures.decibels(power), SoundFigures.floor)
    }
}

import Glibc
package import Media

/// What one window of sound says. Levels are dB of full scale.
package struct SoundFigures: Hashable, Sendable {
    package struct Channel: Hashable, Sendable {
        package let peak: Double
        package let rms: Double
        /// Nothing at all: below what one step of 16 bits makes.
        package var isZero: Bool { self.peak < SoundFigures.zeroPeak }
    }

    package let channels: [Channel]

    /// The share of samples at full scale or beyond.
    package let clipped: Double

    /// The mean power after the weighting of BS.1770, channels summed: ``loudness`` without its logarithm.
    package let power: Double

    static let zeroPeak = -90.0
    /// What silence is written as.
    package static let floor = -120.0
    private static let fullScale: Float = 0.9995

    /// - Parameters:
    ///   - sound: decoded samples.
    ///   - settling: samples at the beginning that only settle decoder and filter, and are not measured.
    package init(_ sound: SoundSamples, settling: Int = 0) {
        var channels: [Channel] = []
        var (clipped, total, power) = (0, 0, 0.0)
        for (index, samples) in sound.channels.enumerated() {
            var filter = LoudnessFilter(rate: sound.rate)
            var (peak, energy, weighted): (Float, Double, Double) = (0, 0, 0)
            let first = min(settling, samples.count)
            for position in samples.indices {
                let filtered = filter.pass(samples[position])
                guard position >= first else { continue }
                let magnitude = abs(samples[position])
                peak = max(peak, magnitude)
                if magnitude >= Self.fullScale { clipped += 1 }
                energy += Double(magnitude) * Double(magnitude)
                weighted += filtered * filtered
            }
            let count = samples.count - first
            total += count
            channels.append(
                Channel(
                    peak: Self.decibels(Double(peak) * Double(peak)),
                    rms: Self.decibels(energy / Double(max(count, 1)))
                )
            )
            power += Self.weight(of: index, among: sound.channels.count) * weighted / Double(max(count, 1))
        }
        self.channels = channels
        self.clipped = Double(clipped) / Double(max(total, 1))
        self.power = power
    }

    package var peak: Double { self.channels.map(\.peak).max() ?? Self.floor }

    package var rms: Double { self.channels.map(\.rms).max() ?? Self.floor }

    /// Nothing at all in any channel.
    package var isZero: Bool { self.channels.allSatisfy(\.isZero) }

    /// One of two channels has nothing at all while the other has: which.
    package var missingChannel: Int? {
        guard self.channels.count == 2, !self.isZero else { return nil }
        return self.channels.firstIndex(where: \.isZero)
    }

    /// In the order of libav's layouts the fourth of six is the low-frequency channel, which does not count, and those after
    /// it are behind the listener.
    private static func weight(of channel: Int, among count: Int) -> Double {
        guard count >= 5 else { return 1 }
        if count >= 6, channel == 3 { return 0 }
        return channel >= (count >= 6 ? 4 : 3) ? 1.41 : 1
    }

    static func decibels(_ power: Double) -> Double {
        power > 1e-12 ? max(10 * log10(power), Self.floor) : Self.floor
    }
}

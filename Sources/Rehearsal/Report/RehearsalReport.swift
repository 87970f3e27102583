/// What a rehearsal has found; its JSON is made of the same names in snake case.
package struct RehearsalReport: Codable, Hashable, Sendable {
    /// Quantiles of a span of time, in milliseconds.
    package struct Spread: Codable, Hashable, Sendable {
        package var p50: Double
        package var p99: Double
        package var max: Double
        package var samples: Int

        /// - Parameter histogram: microseconds.
        init?(_ histogram: Histogram) {
            guard let half = histogram.value(at: 0.5), let most = histogram.value(at: 0.99) else { return nil }
            self.p50 = Double(half) / 1000
            self.p99 = Double(most) / 1000
            self.max = Double(histogram.largest) / 1000
            self.samples = histogram.total
        }
    }

    package struct Viewers: Codable, Hashable, Sendable {
        package var wanted: Int
        /// Those that had a picture.
        package var watched: Int
        /// Those whose connection was refused or ended early.
        package var ended: Int
        /// Jumps forward of a track's timestamps, over all viewers.
        package var gaps: Int
        /// Steps back of a track's timestamps, over all viewers.
        package var regressions: Int
        /// How far behind real time a stream fell within the measuring window, milliseconds: the worst viewer's.
        package var worstLagMs: Double
        /// The longest time any viewer went without a byte, milliseconds.
        package var longestSilenceMs: Double
        /// Why viewers ended, with how many did so.
        package var reasons: [String: Int]
    }

    /// Bit rates within the measuring window, bits a second.
    package struct Rates: Codable, Hashable, Sendable {
        /// Audio and video sent by the publisher of this rehearsal.
        package var published: Double?
        /// What a viewer received: the median one, and the one with the least.
        package var median: Double
        package var least: Double

        /// Viewers received this part of what was published; protocols add a few per cent.
        package var leastShare: Double? { self.published.map { $0 > 0 ? self.least / $0 : 0 } }
    }

    /// Processor time, µs for each viewer and second.
    package struct Cost: Codable, Hashable, Sendable {
        package var user: Double
        package var system: Double
        /// Cores kept busy: 1 is one core, wholly.
        package var cores: Double

        package var total: Double { self.user + self.system }
    }

    /// Memory that each viewer adds, KiB.
    package struct Memory: Codable, Hashable, Sendable {
        package var resident: Double
        package var proportional: Double
        package var anonymous: Double
        /// Anonymous memory of the whole server with all viewers, KiB.
        package var anonymousInAll: Int
    }

    package struct Server: Codable, Hashable, Sendable {
        package var cpuMicroseconds: Cost
        /// Of the processor from a thread of the server to another, because it waited, and because its time was up.
        package var voluntarySwitchesPerSecond: Double
        package var involuntarySwitchesPerSecond: Double
        /// How much of the time in which it could have run others had the processors, 0…1; nil where that is not known.
        package var waitingShare: Double?
        /// Nil with a single viewer: there is no other to compare with.
        package var memoryKib: Memory?
    }

    package var plays: [String]
    /// The measuring window, seconds.
    package var windowSeconds: Double
    package var viewers: Viewers
    /// From connecting to the first bytes of a keyframe.
    package var firstPictureMs: Spread?
    /// From a picture's being sent by the publisher to its being received by a viewer.
    package var latencyMs: Spread?
    package var bitsPerSecond: Rates
    /// How late the publisher of this rehearsal was at worst, milliseconds.
    package var publisherDelayMs: Double?
    package var server: Server?
    /// What the rehearsal itself cost.
    package var toolCpuMicroseconds: Cost
    /// As ``Server/waitingShare``, of the rehearsal itself.
    package var toolWaitingShare: Double?
    /// Sentences for what went wrong; none when all went well.
    package var faults: [String]
}

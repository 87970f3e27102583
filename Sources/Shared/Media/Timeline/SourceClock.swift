/// The counter a source takes its timestamps from: after how long it starts again.
package struct SourceClock: Hashable, Sendable {
    /// After how many µs the counter is back where it was; nil if it never is.
    package let period: Int64?

    package init(period: Int64?) {
        self.period = period
    }

    /// RTMP and FLV count milliseconds in 32 bits, so they wrap after 49.7 days. Encoders that count in a signed integer
    /// go from 0x7fffffff to 0 after 24.8 days, and those that never send an extended timestamp wrap at 24 bits, after
    /// 4.7 hours. The shortest period divides the others, so taking times modulo it carries on over all three.
    package static let rtmp = SourceClock(period: (1 << 24) * 1000)

    /// A source that does its own unwrapping, or a file.
    package static let unbounded = SourceClock(period: nil)

    /// A counter of so many bits that advances so many times a second: 32 bits at the clock rate for RTP (RFC 3550
    /// section 5.1), 33 bits at 90 kHz for MPEG-TS (ISO/IEC 13818-1 section 2.4.3.7).
    package static func counter(bits: Int, rate: Int64) -> SourceClock {
        SourceClock(period: (1 << Int64(bits)) / rate * 1_000_000 + (1 << Int64(bits)) % rate * 1_000_000 / rate)
    }

    /// The time nearest to `reference` at which the counter shows `timestamp`; both µs.
    ///
    /// Wrapping arithmetic throughout: a timestamp is whatever a peer chose to send.
    func unwrap(_ timestamp: Int64, near reference: Int64) -> Int64 {
        guard let period = self.period else { return timestamp }
        var distance = (timestamp &- reference) % period
        if distance >= period / 2 {
            distance -= period
        } else if distance < -period / 2 {
            distance += period
        }
        return reference &+ distance
    }
}

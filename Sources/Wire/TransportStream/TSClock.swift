/// The times of a transport stream without the turns of its 33-bit counter (ISO/IEC 13818-1 section 2.4.3.7).
///
/// One for all tracks, so that they stay together when the counter turns between them.
struct TSClock: Sendable {
    /// Unwrapped, ticks of 90 kHz.
    private var reference: Int64?

    /// Ticks that rise beyond 33 bits. Wrapping arithmetic: a time is whatever a peer chose to send.
    mutating func unwrap(_ ticks: Int64) -> Int64 {
        guard let reference = self.reference else {
            self.reference = ticks
            return ticks
        }
        let time = reference &+ Self.distance(ticks, after: reference)
        self.reference = time
        return time
    }

    /// The shortest way from one reading of the counter to another.
    static func distance(_ ticks: Int64, after reference: Int64) -> Int64 {
        ((ticks &- reference) << 31) >> 31
    }

    static func microseconds(_ ticks: Int64) -> Int64 {
        let (whole, rest) = ticks.quotientAndRemainder(dividingBy: 9)
        return whole &* 100 &+ rest * 100 / 9
    }
}

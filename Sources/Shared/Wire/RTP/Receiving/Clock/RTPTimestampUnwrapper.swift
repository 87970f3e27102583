/// Extends a track's 32-bit timestamps to times that do not turn: each is the one nearest to the latest.
package struct RTPTimestampUnwrapper: Sendable, Codable {
    private let rate: Int64
    /// The timestamp that others are read by, and the ticks it stands for.
    private var timestamp: UInt32
    private var ticks: Int64

    /// - Parameters:
    ///   - timestamp: The first one; it stands for as many ticks as it says.
    ///   - rate: Ticks a second.
    package init(_ timestamp: UInt32, rate: Int64) {
        self.rate = max(1, rate)
        self.timestamp = timestamp
        self.ticks = Int64(timestamp)
    }

    /// Whether it can divide by its rate; what was written down may say anything.
    var isPlausible: Bool { RTPLimits.clockRates.contains(self.rate) }

    /// The time that a timestamp stands for, µs.
    package func time(of timestamp: UInt32) -> Int64 {
        let ticks = self.extended(timestamp)
        return ticks / self.rate &* 1_000_000 &+ ticks % self.rate * 1_000_000 / self.rate
    }

    /// Reads those that come from now on by this one.
    package mutating func follow(_ timestamp: UInt32) {
        self.ticks = self.extended(timestamp)
        self.timestamp = timestamp
    }

    private func extended(_ timestamp: UInt32) -> Int64 {
        self.ticks &+ Int64(Int32(bitPattern: timestamp &- self.timestamp))
    }
}

internal import Media
internal import NIOCore

/// Puts audio packets stamped in milliseconds back where their sample counts say they are.
///
/// A stamp within ``tolerance`` of where the previous packet ended is that end; any other starts the count anew, so
/// sound is never further than the tolerance from the time its source gave it.
struct SampleGrid {
    private let length: AudioFrameLength
    private let scale: Int64
    private let tolerance: Int64
    private var anchor: Int64?
    private var samples: Int64 = 0

    /// Two milliseconds: the rounding of a source's clock at both ends of a packet.
    static let tolerance = MediaTime.milliseconds(2)

    init(_ length: AudioFrameLength, scale: Int) {
        self.length = length
        self.scale = Int64(scale)
        self.tolerance = Int64(scale) * Self.tolerance.microseconds / 1_000_000
    }

    /// The packet's start and its length, in ticks; no length where the packet does not tell it.
    mutating func place(_ ticks: Int64, payload: ByteBuffer) -> (start: Int64, duration: Int64?) {
        guard let samples = self.length.samples(in: payload) else {
            self.anchor = nil
            return (ticks, nil)
        }
        if let anchor = self.anchor, abs(anchor + self.ticks(self.samples) - ticks) <= self.tolerance {
            // stays on the grid
        } else {
            self.anchor = ticks
            self.samples = 0
        }
        let base = self.anchor ?? ticks
        let start = base + self.ticks(self.samples)
        self.samples += Int64(samples)
        return (start, base + self.ticks(self.samples) - start)
    }

    private func ticks(_ samples: Int64) -> Int64 {
        (samples * self.scale + Int64(self.length.rate) / 2) / Int64(self.length.rate)
    }
}

internal import Capacity

/// How a relay's memory is shared among the tapes of its streams.
extension LimitsSpec {
    /// Share of the memory limit that tapes, and copies of what is on them, may take; the rest is for connections, the
    /// libraries and the program itself.
    package static let tapeShare = 0.75

    /// Tapes that a stream is sure to get: its own, and those of four wire formats.
    package static let tapesPerStream = 5

    /// Bytes for tapes and copies.
    package var tapeMemory: Int { Int(Double(self.memory) * Self.tapeShare) }

    /// Bytes that are kept for streams and formats still to begin, so that those there are do not grow into them: at most
    /// half of what there is.
    package var startMemory: Int {
        min(self.tapeMemory / 2, self.streams * Self.tapesPerStream * TapeSize.startCost)
    }
}

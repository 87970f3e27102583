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

    /// The share of the memory limit that decoding one picture may take, and the bytes that each pixel of it takes: the picture
    /// itself, one to compare with, and what a decoder keeps of it.
    private static let stillShare = 16
    private static let stillBytesPerPixel = 5
    /// No picture that is larger is decoded, however much memory there is: DCI 4K with what encoders add to its height.
    private static let mostStillPixels = 4096 * 2304

    /// Pixels of the largest picture that is decoded to look into it.
    package var stillPixels: Int {
        min(self.memory / Self.stillShare / Self.stillBytesPerPixel, Self.mostStillPixels)
    }

    /// Bytes that are kept for streams and formats still to begin, so that those there are do not grow into them: at most
    /// half of what there is.
    package var startMemory: Int {
        min(self.tapeMemory / 2, self.streams * Self.tapesPerStream * TapeSize.startCost)
    }
}

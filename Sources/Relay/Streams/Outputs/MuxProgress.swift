import Contract

/// Whether what comes is written, and whether segments are finished. Times are µs, monotonic.
struct MuxProgress {
    /// From the first to the last media that came without the effect that it should have.
    struct Wait: Hashable, Sendable {
        var first: Int64
        var last: Int64

        /// Media that comes after such a pause begins the wait anew: while nothing comes nothing is to be expected.
        static let pause: Int64 = 2_000_000

        mutating func extend(to time: Int64) {
            if time - self.last > Self.pause { self.first = time }
            self.last = time
        }
    }

    /// Media has come, and nothing was written.
    private(set) var unwritten: Wait?

    /// Media has come, and no segment was finished.
    private(set) var unfinished: Wait?

    /// Media has come, and there is no memory for the tape.
    private(set) var starved: Wait?

    /// Why media could not be written since the newest segment was finished.
    private(set) var trouble: PlaylistSnapshot.Trouble?

    /// What was read of the packet tape in one go.
    struct Batch {
        /// Whether there was media in it that the format carries.
        var hasMedia: Bool
        var isWritten: Bool
        var hasFinishedSegment: Bool
        var trouble: PlaylistSnapshot.Trouble?
    }

    mutating func note(_ batch: Batch, at time: Int64) {
        self.starved = nil
        if batch.isWritten { self.unwritten = nil }
        if batch.hasFinishedSegment { (self.unfinished, self.trouble) = (nil, nil) }
        self.trouble = batch.trouble ?? self.trouble
        guard batch.hasMedia else { return }
        if !batch.isWritten { Self.extend(&self.unwritten, to: time) }
        Self.extend(&self.unfinished, to: time)
    }

    mutating func noteStarved(at time: Int64) { Self.extend(&self.starved, to: time) }

    /// What was held back was written, or nothing is to be written any more.
    mutating func noteWritten() { self.unwritten = nil }

    private static func extend(_ wait: inout Wait?, to time: Int64) {
        if wait == nil { wait = Wait(first: time, last: time) }
        wait?.extend(to: time)
    }
}

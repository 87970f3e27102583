internal import Linux

/// A wire tape's memory as its senders see it: plain words, nothing that is counted.
///
/// It does not keep the tape alive; whoever asked for it does.
@safe
package struct WireWindow: @unchecked Sendable {
    // @unchecked: addresses of shared memory, read under the ring's protocol.
    private let base: UnsafeRawPointer
    private let size: UInt64
    private let headWord: SharedWord
    private let tailWord: SharedWord
    private let safeWord: SharedWord

    @unsafe
    init(base: UnsafeRawPointer, size: UInt64, head: SharedWord, tail: SharedWord, safe: SharedWord) {
        unsafe self.base = base
        self.size = size
        self.headWord = head
        self.tailWord = tail
        self.safeWord = safe
    }

    /// Absolute offset behind the last byte.
    package var head: UInt64 { self.headWord.load() }

    /// Absolute offset of the oldest byte that is still whole.
    package var tail: UInt64 { self.tailWord.load() }

    /// The oldest offset that is safe to send from.
    package var safeTail: UInt64 { self.safeWord.load() }

    /// The bytes from an absolute offset on; runs of up to the tape's capacity are contiguous.
    @unsafe
    package func bytes(from offset: UInt64) -> UnsafeRawPointer {
        unsafe self.base + Int(truncatingIfNeeded: offset % self.size)
    }
}

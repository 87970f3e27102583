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
    private let barriersWord: SharedWord

    @unsafe
    init(
        base: UnsafeRawPointer,
        size: UInt64,
        head: SharedWord,
        tail: SharedWord,
        safe: SharedWord,
        barriers: SharedWord
    ) {
        unsafe self.base = base
        self.size = size
        self.headWord = head
        self.tailWord = tail
        self.safeWord = safe
        self.barriersWord = barriers
    }

    /// Absolute offset behind the last byte.
    package var head: UInt64 { self.headWord.load() }

    /// Absolute offset of the oldest byte that is still whole.
    package var tail: UInt64 { self.tailWord.load() }

    /// Whether bytes from an offset on that were used in place are whole still, that is, were whole when they were used.
    package func isWhole(from offset: UInt64) -> Bool {
        MemoryFence.acquire()
        return self.tailWord.load() <= offset
    }

    /// The oldest offset that is safe to send from.
    package var safeTail: UInt64 { self.safeWord.load() }

    /// As ``WireTape/barrierCount``. Whoever sees a head beyond a barrier sees that barrier counted.
    package var barrierCount: UInt64 { self.barriersWord.load() }

    /// The bytes from an absolute offset on; runs of up to the tape's capacity are contiguous.
    @unsafe
    package func bytes(from offset: UInt64) -> UnsafeRawPointer {
        unsafe self.base + Int(truncatingIfNeeded: offset % self.size)
    }
}

internal import CLinux

/// A 64-bit word in memory that other threads, or other processes, read without a lock.
///
/// It does not keep the memory alive; whoever hands it out does.
@safe
package struct SharedWord: @unchecked Sendable {
    // @unchecked: every access is atomic.
    private let address: UnsafeMutablePointer<UInt64>

    /// The word must be aligned and stay mapped as long as this value is used.
    @unsafe
    package init(at address: UnsafeMutableRawPointer) {
        unsafe self.address = address.assumingMemoryBound(to: UInt64.self)
    }

    /// Reads, and sees everything that was written before the value was stored.
    package func load() -> UInt64 { unsafe linux_load_acquire(self.address) }

    /// Reads without ordering anything.
    package func loadRelaxed() -> UInt64 { unsafe linux_load_relaxed(self.address) }

    /// Stores, after everything written before.
    package func store(_ value: UInt64) { unsafe linux_store_release(self.address, value) }

    /// Stores without ordering anything.
    package func storeRelaxed(_ value: UInt64) { unsafe linux_store_relaxed(self.address, value) }
}

/// Orders plain memory accesses against shared words.
package enum MemoryFence {
    /// Nothing before it is done after anything behind it, as all threads see it.
    package static func full() { linux_fence() }

    /// What was read before it is not read again, or later, behind it.
    package static func acquire() { linux_fence_acquire() }
}

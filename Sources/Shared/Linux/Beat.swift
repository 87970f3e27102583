internal import Synchronization

/// When a thread last came round, for others that watch whether it still does.
package final class Beat: Sendable {
    private let nanoseconds: Atomic<Int64>

    /// Counts as having come round now.
    package init() {
        self.nanoseconds = Atomic(MonotonicClock.now.nanoseconds)
    }

    package func note(_ now: MonotonicInstant = MonotonicClock.now) {
        self.nanoseconds.store(now.nanoseconds, ordering: .relaxed)
    }

    package var last: MonotonicInstant {
        MonotonicInstant(nanoseconds: self.nanoseconds.load(ordering: .relaxed))
    }
}

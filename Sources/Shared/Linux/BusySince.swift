internal import Synchronization

/// Since when a thread has been at one piece of work that may not come to an end, such as a call to a disk: for whoever watches it.
package final class BusySince: Sendable {
    private let start = Mutex<MonotonicInstant?>(nil)

    package init() {}

    /// A piece of work begins, and the one before has ended.
    package func begin(_ now: MonotonicInstant = MonotonicClock.now) { self.start.withLock { $0 = now } }

    /// There is nothing to do.
    package func end() { self.start.withLock { $0 = nil } }

    /// Nil while there is nothing to do.
    package var since: MonotonicInstant? { self.start.withLock { $0 } }
}

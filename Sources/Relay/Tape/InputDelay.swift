internal import Synchronization

/// How long what writers put on tapes now may have waited before they got it.
///
/// A thread that reads publishers at intervals says so while it does: what it reads has used up that much of the viewers'
/// latency budgets. Where another thread writes to a tape at that moment, its viewers are sent to earlier than they must be.
package final class InputDelay: Sendable {
    private let readers = Atomic<Int>(0)
    private let delay = Atomic<Int64>(0)

    package init() {}

    /// ns.
    var current: Int64 { self.readers.load(ordering: .acquiring) > 0 ? self.delay.load(ordering: .relaxed) : 0 }

    /// Lets `delay` (ns) hold for what is written meanwhile.
    package func hold(_ delay: Int64, during body: () -> Void) {
        self.delay.store(delay, ordering: .relaxed)
        self.readers.add(1, ordering: .releasing)
        body()
        self.readers.subtract(1, ordering: .releasing)
    }
}

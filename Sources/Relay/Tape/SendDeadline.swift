internal import Linux
internal import Synchronization

/// When one thread's readers of one tape, with one latency budget, are due to be sent what its writer has appended.
package final class SendDeadline: Sendable {
    /// The budget, ns.
    package let tick: Int64
    private let signal: TapeSignal

    /// When the first byte that appeared since ``clear()`` is due, ns on the signal's clock; 0: nothing appeared.
    private let due = Atomic<Int64>(0)

    package init(tick: Duration, signal: TapeSignal) {
        self.tick = max(tick.nanoseconds, 0)
        self.signal = signal
    }

    /// When something is due, ns on the signal's clock; nil where nothing is.
    package var instant: Int64? {
        let due = self.due.load(ordering: .acquiring)
        return due == 0 ? nil : due
    }

    /// The thread, before it looks at the tape's head: what appears from here on gets a deadline of its own.
    package func clear() {
        _ = self.due.exchange(0, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// The writer, after it moved the head.
    func arm() {
        // Either this load sees that the thread took the deadline, or the thread sees the new head.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard self.due.load(ordering: .relaxed) == 0 else { return }
        let budget = max(self.tick - self.signal.inputDelay.current, 0)
        let instant = max(self.signal.clock().nanoseconds, 1).addingReportingOverflow(budget)
        let due = instant.overflow ? Int64.max - 1 : instant.partialValue
        self.due.store(due, ordering: .releasing)
        self.signal.wake(by: due)
    }
}

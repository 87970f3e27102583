internal import Linux
internal import Synchronization

/// Counts how long what was appended to tapes took to be given to those who are sent it.
package final class DelayMeter: Sendable {
    package struct Figures: Hashable, Sendable {
        /// For each step how often it took no longer than that, but longer than the one before; then how often longer than all.
        package var counts: [UInt64]
        /// Of all together, ns; it wraps.
        package var sum: Int64 = 0
    }

    /// ns, rising.
    private let steps: [Int64]
    private let state: Mutex<Figures>

    package init(steps: [Duration]) {
        self.steps = steps.map(\.nanoseconds)
        self.state = Mutex(Figures(counts: Array(repeating: 0, count: steps.count + 1)))
    }

    /// Something took so long, ns.
    package func note(_ delay: Int64) {
        let step = self.steps.firstIndex { delay <= $0 } ?? self.steps.count
        self.state.withLock { figures in
            figures.counts[step] &+= 1
            figures.sum &+= max(delay, 0)
        }
    }

    package var figures: Figures { self.state.withLock { $0 } }
}

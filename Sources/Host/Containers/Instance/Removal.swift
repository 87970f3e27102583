internal import Synchronization

/// The removal of what an instance leaves: done once, however many ask for it.
final class Removal: Sendable {
    private let outcome = Mutex<Latch<RuntimeError?>?>(nil)

    /// What comes of it is the same for all who ask. It is not cut short when the task of who asked is cancelled.
    func once(_ body: @escaping @Sendable () async -> RuntimeError?) async throws(RuntimeError) {
        let (latch, isFirst) = self.outcome.withLock { outcome -> (Latch<RuntimeError?>, Bool) in
            if let outcome { return (outcome, false) }
            let latch = Latch<RuntimeError?>()
            outcome = latch
            return (latch, true)
        }
        if isFirst {
            let work = Task { await body() }
            latch.settle(await work.value)
        }
        if let error = await latch.value() { throw error }
    }

    /// There is nothing to remove.
    func waive() {
        let nothing = Latch<RuntimeError?>()
        nothing.settle(nil)
        self.outcome.withLock { $0 = nothing }
    }
}

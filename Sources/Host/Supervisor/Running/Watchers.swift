import Synchronization

/// The callers that wait for something to become true of the relays.
final class Watchers: Sendable {
    private struct Watcher: Sendable {
        let isMet: @Sendable () -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private let watchers = Mutex<[Watcher]>([])

    /// Returns once the condition holds. It is asked again at every ``poke()``, and must not wait.
    func wait(until isMet: @escaping @Sendable () -> Bool) async {
        await withCheckedContinuation { continuation in
            let watcher = Watcher(isMet: isMet, continuation: continuation)
            self.watchers.withLock { $0.append(watcher) }
            self.poke()
        }
    }

    var isEmpty: Bool { self.watchers.withLock { $0.isEmpty } }

    /// Something has changed. Not to be called with a lock held that a condition takes.
    func poke() {
        let waiting = self.watchers.withLock { watchers in
            defer { watchers = [] }
            return watchers
        }
        guard !waiting.isEmpty else { return }
        var pending: [Watcher] = []
        for watcher in waiting {
            if watcher.isMet() { watcher.continuation.resume() } else { pending.append(watcher) }
        }
        // A change meanwhile has seen those neither here nor there: the next poke, a tick away at most, sees them again.
        self.watchers.withLock { $0 += pending }
    }
}

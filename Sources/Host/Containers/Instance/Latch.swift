internal import Synchronization

/// A value that is known once, and can be awaited by any number before and after.
final class Latch<Value: Sendable>: Sendable {
    private struct Waiter: Sendable {
        let continuation: CheckedContinuation<Value?, Never>
        /// Gives up for the waiter, where it does not wait for ever.
        let timer: Task<Void, Never>?

        func resume(_ value: Value?) {
            self.timer?.cancel()
            self.continuation.resume(returning: value)
        }
    }

    private enum State {
        case open([Int: Waiter], last: Int)
        case settled(Value)
    }

    private let state = Mutex(State.open([:], last: 0))

    /// Nothing when it is known already.
    func settle(_ value: Value) {
        let waiting = self.state.withLock { state -> [Waiter] in
            guard case .open(let waiting, _) = state else { return [] }
            state = .settled(value)
            return Array(waiting.values)
        }
        for waiter in waiting { waiter.resume(value) }
    }

    var settled: Value? {
        self.state.withLock { state in
            if case .settled(let value) = state { value } else { nil }
        }
    }

    func value() async -> Value {
        while true {
            if let value = await self.awaited(nil) { return value }
        }
    }

    /// Nil when the time was over first.
    func value(within limit: Duration) async -> Value? { await self.awaited(limit) }

    private func awaited(_ limit: Duration?) async -> Value? {
        await withCheckedContinuation { continuation in
            let known: Value? = self.state.withLock { state in
                switch state {
                case .settled(let value): return value
                case .open(var waiting, let last):
                    let number = last + 1
                    let timer = limit.map { limit in
                        Task {
                            try? await Task.sleep(for: limit)
                            self.giveUp(number)
                        }
                    }
                    waiting[number] = Waiter(continuation: continuation, timer: timer)
                    state = .open(waiting, last: number)
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func giveUp(_ number: Int) {
        let waiter = self.state.withLock { state -> Waiter? in
            guard case .open(var waiting, let last) = state else { return nil }
            let waiter = waiting.removeValue(forKey: number)
            state = .open(waiting, last: last)
            return waiter
        }
        waiter?.resume(nil)
    }
}

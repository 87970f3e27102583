internal import Synchronization

/// A value that is known once, and can be waited for by any number before and after.
final class Latch<Value: Sendable>: Sendable {
    private enum State {
        case open([CheckedContinuation<Value, Never>])
        case settled(Value)
    }

    private let state = Mutex(State.open([]))

    /// Nothing when it is known already.
    func settle(_ value: Value) {
        let waiting: [CheckedContinuation<Value, Never>] = self.state.withLock { state in
            guard case .open(let waiting) = state else { return [] }
            state = .settled(value)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    var settled: Value? {
        self.state.withLock { state in
            if case .settled(let value) = state { value } else { nil }
        }
    }

    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let known: Value? = self.state.withLock { state in
                switch state {
                case .settled(let value): return value
                case .open(let waiting):
                    state = .open(waiting + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}

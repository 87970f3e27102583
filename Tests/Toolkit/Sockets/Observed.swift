import Synchronization

/// State that one side changes and others wait for.
package final class Observed<State: Sendable>: Sendable {
    private struct Waiter {
        var isMet: @Sendable (State) -> Bool
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct Inner {
        var state: State
        var waiters: [Int: Waiter] = [:]
        var nextID = 0
    }

    private let inner: Mutex<Inner>

    package init(_ state: State) {
        self.inner = Mutex(Inner(state: state))
    }

    package var state: State { self.inner.withLock { $0.state } }

    @discardableResult
    package func change<Answer: Sendable>(_ body: @Sendable (inout State) -> Answer) -> Answer {
        let (answer, met) = self.inner.withLock { inner -> (Answer, [Waiter]) in
            let answer = body(&inner.state)
            let due = inner.waiters.filter { $0.value.isMet(inner.state) }
            for id in due.keys { inner.waiters[id] = nil }
            return (answer, Array(due.values))
        }
        for waiter in met { waiter.continuation.resume(returning: true) }
        return answer
    }

    /// Waits until the state is what is wanted, at once if it is already.
    ///
    /// - Throws: ``NotSeen`` when the time is up.
    package func wait(
        for what: String,
        within deadline: Duration = .seconds(30),
        until isMet: @escaping @Sendable (State) -> Bool
    ) async throws {
        let id = self.inner.withLock { inner in
            inner.nextID += 1
            return inner.nextID
        }
        let timer = Task {
            try await Task.sleep(for: deadline)
            self.giveUp(id)
        }
        defer { timer.cancel() }
        let isSeen = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isMetAlready = self.inner.withLock { inner in
                    if isMet(inner.state) { return true }
                    inner.waiters[id] = Waiter(isMet: isMet, continuation: continuation)
                    return false
                }
                if isMetAlready { continuation.resume(returning: true) }
            }
        } onCancel: {
            self.giveUp(id)
        }
        guard isSeen else { throw NotSeen(what: what, deadline: deadline, state: "\(self.state)") }
    }

    private func giveUp(_ id: Int) {
        self.inner.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: false)
    }
}

/// What a test waited for did not come.
package struct NotSeen: Error, CustomStringConvertible {
    let what: String
    let deadline: Duration
    let state: String

    package var description: String { "\(self.what): not within \(self.deadline), but \(self.state.prefix(2000))" }
}

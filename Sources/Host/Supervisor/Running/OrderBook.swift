import Contract
import Synchronization

/// Why an order was not carried out.
package enum OrderError: Error, Hashable, Sendable {
    /// No instance of the relay takes orders now.
    case notReady
    /// The instance ended before it answered.
    case ended
    /// It did not answer in time.
    case late(Duration)
}

/// Orders that an instance has been given and has not answered yet.
final class OrderBook: Sendable {
    private typealias Waiting = CheckedContinuation<Result<OrderOutcome, OrderError>, Never>

    private struct State {
        var lastNumber: UInt64 = 0
        var open: [UInt64: (continuation: Waiting, deadline: Instant)] = [:]
        var isClosed = false
    }

    /// How long an answer may take.
    private let limit: Duration
    private let state = Mutex(State())

    init(limit: Duration) {
        self.limit = limit
    }

    /// Gives an order by `send`, and waits for its answer.
    func place(
        now: Instant,
        _ send: @Sendable (UInt64) -> Void
    ) async throws(OrderError) -> OrderOutcome {
        let result = await withCheckedContinuation { (continuation: Waiting) in
            let number = self.state.withLock { state -> UInt64? in
                guard !state.isClosed else { return nil }
                state.lastNumber += 1
                state.open[state.lastNumber] = (continuation, now + self.limit)
                return state.lastNumber
            }
            if let number { send(number) } else { continuation.resume(returning: .failure(.ended)) }
        }
        return try result.get()
    }

    /// - Returns: false if no such order was ever given.
    func answer(_ number: UInt64, _ outcome: OrderOutcome) -> Bool {
        let (isKnown, waiting) = self.state.withLock { state in
            (number > 0 && number <= state.lastNumber, state.open.removeValue(forKey: number))
        }
        // One that came too late has nobody waiting for it.
        waiting?.continuation.resume(returning: .success(outcome))
        return isKnown
    }

    /// When the first of them is late.
    var deadline: Instant? { self.state.withLock { $0.open.values.map(\.deadline).min() } }

    func expire(now: Instant) {
        let late = self.state.withLock { state in
            let late = state.open.filter { $0.value.deadline <= now }
            for number in late.keys { state.open[number] = nil }
            return late.values
        }
        for order in late { order.continuation.resume(returning: .failure(.late(self.limit))) }
    }

    func close() {
        let left = self.state.withLock { state in
            defer { state.open = [:] }
            state.isClosed = true
            return state.open.values
        }
        for order in left { order.continuation.resume(returning: .failure(.ended)) }
    }
}

internal import Synchronization

/// The newest events, numbered: the one list that the console, the history and the alerts read. Each reader has a place of its
/// own among them; one that is too slow misses the oldest, and can tell so by the numbers.
package final class EventLog: Sendable {
    /// Events that are kept.
    package static let limit = 1024

    private struct State {
        var events: [NumberedEvent] = []
        var last: UInt64 = 0
        var wakers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Adds an event that happened at a time in µs since 1970-01-01 UTC.
    package func append(_ event: HostEvent, unix: Int64) {
        let wakers = self.state.withLock { state in
            state.last += 1
            state.events.append(NumberedEvent(event, number: state.last, unix: unix))
            if state.events.count > Self.limit { state.events.removeFirst(state.events.count - Self.limit) }
            return state.wakers
        }
        for wake in wakers { wake() }
    }

    /// Has something called after each event. It must not wait: whoever appends does.
    package func onAppend(_ wake: @escaping @Sendable () -> Void) { self.state.withLock { $0.wakers.append(wake) } }

    /// Those behind a place, the oldest first. A place of another host's life is before all.
    package func events(after number: UInt64) -> [NumberedEvent] {
        self.state.withLock { state in
            number > state.last ? state.events : state.events.filter { $0.number > number }
        }
    }

    /// The number of the newest.
    package var last: UInt64 { self.state.withLock { $0.last } }
}

package import Contract
package import Linux
import Synchronization

/// Calls something whenever it is due, on a thread of its own: no queue of tasks may keep it waiting.
final class Ticker: Sendable {
    private let event: EventDescriptor
    private let isStopped = Atomic<Bool>(false)
    /// When the thread wakes by itself, ns monotonic; the end of time while it is awake, so that nothing is missed that
    /// happens meanwhile.
    private let planned = Atomic<Int64>(.max)

    init() throws(LinuxError) {
        self.event = try .make()
    }

    /// Calls `body` now, and again after the time it returns, or sooner (``hasten(_:)``), until it is stopped.
    func begin(_ body: @escaping @Sendable () -> Duration) throws(LinuxError) {
        let poller = try Poller.make(capacity: 1)
        try poller.add(self.event.descriptor, token: 0, for: .readable)
        let held = HeldPoller(poller)
        _ = try WorkerThread(name: "supervisor") {
            guard var poller = held.poller.withLock({ $0.take() }) else { return }
            while !self.isStopped.load(ordering: .acquiring) {
                let pause = body()
                self.planned.store(
                    MonotonicClock.now.advanced(by: pause).nanoseconds,
                    ordering: .sequentiallyConsistent
                )
                guard (try? poller.wait(for: pause)) != nil else { return }
                self.planned.store(.max, ordering: .sequentiallyConsistent)
                self.event.drain()
            }
        }
    }

    /// Has it called after so long at the latest. From any thread.
    func hasten(_ pause: Duration) {
        let due = MonotonicClock.now.advanced(by: max(pause, .zero)).nanoseconds
        if due < self.planned.load(ordering: .sequentiallyConsistent) { self.event.signal() }
    }

    /// It is not called again, but may be being called.
    func stop() {
        self.isStopped.store(true, ordering: .releasing)
        self.event.signal()
    }

    private final class HeldPoller: Sendable {
        let poller: Mutex<Poller?>

        init(_ poller: consuming Poller) {
            self.poller = Mutex(poller)
        }
    }
}

extension Instant {
    /// The machine's monotonic clock, now.
    package static func monotonic() -> Instant {
        Instant(MonotonicClock.now)
    }

    package init(_ instant: MonotonicInstant) {
        self.init(microseconds: instant.nanoseconds / 1000)
    }
}

package import Contract
package import Linux
import Synchronization

/// Calls something regularly, on a thread of its own: no queue of tasks may keep it waiting.
enum Ticker {
    /// Until the event of the poller, which is its only one, is signalled.
    static func start(
        every interval: Duration,
        until stopping: borrowing EventDescriptor,
        _ body: @escaping @Sendable () -> Void
    ) throws(LinuxError) -> WorkerThread {
        let poller = try Poller.make(capacity: 2)
        try poller.add(stopping.descriptor, token: 0, for: .readable)
        let held = HeldPoller(poller)
        return try WorkerThread(name: "supervisor") {
            guard var poller = held.poller.withLock({ $0.take() }) else { return }
            while let count = try? poller.wait(for: interval), count == 0 { body() }
        }
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

package import Linux
internal import Synchronization

/// How the writers of tapes wake one thread that sends from them.
///
/// The thread says until when it sleeps. A writer whose bytes are due earlier wakes it; while it is awake, or will be
/// in time anyway, writers make no system call.
package final class TapeSignal: Sendable {
    /// ns on the clock; 0 while the thread is awake and will look at everything before it sleeps.
    private let sleepsUntil = Atomic<Int64>(0)
    private let event: EventDescriptor
    package let clock: @Sendable () -> MonotonicInstant
    let inputDelay: InputDelay

    package init(
        clock: @escaping @Sendable () -> MonotonicInstant,
        inputDelay: InputDelay = InputDelay()
    ) throws(LinuxError) {
        self.event = try .make()
        self.inputDelay = inputDelay
        self.clock = clock
    }

    /// Becomes readable when the thread is woken; the thread drains it.
    package var descriptor: CInt { self.event.descriptor.number }

    /// The thread: from here on writers wake it. It looks at its deadlines once more before it sleeps.
    package func willSleep(until instant: Int64) {
        self.sleepsUntil.store(instant, ordering: .relaxed)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// The thread: from here on writers need not wake it.
    package func didWake() {
        self.sleepsUntil.store(0, ordering: .relaxed)
    }

    package func drain() {
        self.event.drain()
    }

    /// Any thread, having left something for the thread to find: wakes it unless it wakes by that instant anyway.
    package func wake(by instant: Int64 = 0) {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard instant < self.sleepsUntil.load(ordering: .relaxed) else { return }
        // The first to find it asleep wakes it.
        if self.sleepsUntil.exchange(0, ordering: .sequentiallyConsistent) != 0 {
            self.event.signal()
        }
    }
}

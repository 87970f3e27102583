internal import CLinux

/// A descriptor that becomes readable at an instant (timerfd_create(2)).
package struct DeadlineTimer: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor

    private init(descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    package static func make() throws(LinuxError) -> DeadlineTimer {
        let number = try LinuxError.check(linux_timer_descriptor(), "timerfd_create")
        return DeadlineTimer(descriptor: OwnedDescriptor(takingOwnership: number))
    }

    /// Becomes readable at `instant`, at once when that has passed; replaces what was set before.
    package func set(_ instant: MonotonicInstant) throws(LinuxError) {
        // Zero would disarm the timer.
        let nanoseconds = max(instant.nanoseconds, 1)
        try LinuxError.check(linux_timer_set(self.descriptor.number, nanoseconds), "timerfd_settime")
    }

    package func cancel() throws(LinuxError) {
        try LinuxError.check(linux_timer_set(self.descriptor.number, 0), "timerfd_settime")
    }

    /// Makes the descriptor unreadable again; true when the instant had come.
    @discardableResult
    package func drain() -> Bool {
        var count: UInt64 = 0
        return unsafe read(self.descriptor.number, &count, 8) == 8
    }
}

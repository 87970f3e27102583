internal import CLinux

/// A counter that another thread raises to wake a poller (eventfd(2)).
package struct EventDescriptor: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor

    private init(descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    package static func make() throws(LinuxError) -> EventDescriptor {
        let number = try LinuxError.check(linux_event_descriptor(), "eventfd")
        return EventDescriptor(descriptor: OwnedDescriptor(takingOwnership: number))
    }

    /// Makes the descriptor readable. Safe from any thread; never blocks: a full counter is readable already.
    package func signal() {
        _ = eventfd_write(self.descriptor.number, 1)
    }

    /// Makes the descriptor unreadable again; true when it had been signalled.
    @discardableResult
    package func drain() -> Bool {
        var count: eventfd_t = 0
        return unsafe eventfd_read(self.descriptor.number, &count) == 0
    }
}

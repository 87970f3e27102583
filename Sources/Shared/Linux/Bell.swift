internal import Glibc

/// Ends a thread's wait before its time.
package final class Bell: Sendable {
    private let event: EventDescriptor

    package init() throws(LinuxError) {
        self.event = try .make()
    }

    /// Ends every wait from here on.
    package func ring() { self.event.signal() }

    /// Waits for so long, or until the bell has been rung.
    ///
    /// - Returns: whether it has.
    package func waits(for pause: Duration) -> Bool {
        var wanted = pollfd(fd: self.event.descriptor.number, events: Int16(POLLIN), revents: 0)
        let milliseconds = CInt(clamping: max(pause.nanoseconds, 0) / 1_000_000)
        return unsafe poll(&wanted, 1, milliseconds) > 0
    }
}

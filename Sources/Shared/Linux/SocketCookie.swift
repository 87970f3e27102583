internal import CLinux

/// Tells a socket from all others, whoever holds it and under whichever descriptor (SO_COOKIE, socket(7)).
package struct SocketCookie: Hashable, Sendable {
    private let number: UInt64

    /// Nil where the descriptor is no socket.
    package init?(of descriptor: borrowing OwnedDescriptor) {
        self.number = linux_socket_cookie(descriptor.number)
        guard self.number != 0 else { return nil }
    }
}

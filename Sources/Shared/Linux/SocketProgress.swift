internal import CLinux

/// How far a TCP connection has come by the kernel's own count, whoever used it and under whichever descriptor.
package struct SocketProgress: Hashable, Sendable {
    /// Bytes of the peer's that somebody has read.
    package var taken: UInt64

    /// Bytes that somebody has written for the peer; those that wait in the kernel are among them. A constant may be
    /// added to both: only what they grow by means anything.
    package var given: UInt64

    /// Whether both sides may still send.
    package var isOpen: Bool

    package init(taken: UInt64, given: UInt64, isOpen: Bool = true) {
        self.taken = taken
        self.given = given
        self.isOpen = isOpen
    }

    /// Nil where the kernel does not count: for a unix socket.
    package init?(of descriptor: borrowing OwnedDescriptor) {
        self.init(number: descriptor.number)
    }

    /// Nil where the kernel does not count, and where the descriptor was taken.
    package init?(of descriptor: HeldDescriptor) {
        let progress = descriptor.withNumber { SocketProgress(number: $0) }
        guard let progress else { return nil }
        self = progress
    }

    private init?(number: CInt) {
        var taken: UInt64 = 0
        var given: UInt64 = 0
        var isOpen: CInt = 0
        guard unsafe linux_socket_progress(number, &taken, &given, &isOpen) == 0 else { return nil }
        self.init(taken: taken, given: given, isOpen: isOpen != 0)
    }
}

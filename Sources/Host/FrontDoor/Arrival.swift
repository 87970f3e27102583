package import Contract
package import Linux
package import Sockets

/// A connection of which the front door knows whom it is for. Whoever takes it owns the socket.
package struct Arrival: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor
    package let known: PendingConnection

    /// Its place among the connections of the host; to be kept as long as the connection stays with the host, and let go
    /// with it when it goes to a relay.
    package let ticket: ConnectionLimiter.Ticket

    /// When the host took it from the kernel, or back from a relay.
    package let since: MonotonicInstant

    package init(
        descriptor: consuming OwnedDescriptor,
        known: PendingConnection,
        ticket: ConnectionLimiter.Ticket,
        since: MonotonicInstant
    ) {
        self.descriptor = descriptor
        self.known = known
        self.ticket = ticket
        self.since = since
    }

    /// Has the kernel take answers whole. Where the host may not, it tunes itself, from some 60 KB on.
    borrowing func makeRoom() {
        guard self.known.handover.stage == .http else { return }
        try? TCPSocket.forceSendBuffer(self.descriptor, bytes: FrontDoorLimits.answerBytes)
    }

    package var handover: Handover { self.known.handover }
    package var payload: [UInt8] { self.known.payload }

    /// The socket alone.
    package consuming func release() -> OwnedDescriptor { self.descriptor }
}

package import Contract
package import Linux
package import Sockets

/// A connection of which the front door knows whom it is for. Whoever takes it owns the socket.
package struct Arrival: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor
    package let handover: Handover

    /// Bytes that were taken from the socket on the way.
    package let payload: [UInt8]

    /// Its place among the connections of the host; to be kept as long as the connection stays with the host, and let go
    /// with it when it goes to a relay.
    package let ticket: ConnectionGate.Ticket

    /// When the host took it from the kernel, or back from a relay.
    package let since: MonotonicInstant

    package init(
        descriptor: consuming OwnedDescriptor,
        handover: Handover,
        payload: [UInt8],
        ticket: ConnectionGate.Ticket,
        since: MonotonicInstant
    ) {
        self.descriptor = descriptor
        self.handover = handover
        self.payload = payload
        self.ticket = ticket
        self.since = since
    }

    /// The socket alone.
    package consuming func release() -> OwnedDescriptor { self.descriptor }
}

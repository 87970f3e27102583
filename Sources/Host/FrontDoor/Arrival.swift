package import Contract
package import Linux
package import Sockets

/// What the front door has found out about a connection.
package struct Acquaintance: Hashable, Sendable {
    package let handover: Handover

    /// Bytes that were taken from the socket on the way.
    package let payload: [UInt8]

    /// Bytes that were looked at and left in the socket, from its first one on.
    package let seen: [UInt8]

    /// How many instances of its relay died that had begun to read of it.
    package let losses: Int

    package init(_ handover: Handover, payload: [UInt8] = [], seen: [UInt8] = [], losses: Int = 0) {
        self.handover = handover
        self.payload = payload
        self.seen = seen
        self.losses = losses
    }
}

/// A connection of which the front door knows whom it is for. Whoever takes it owns the socket.
package struct Arrival: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor
    package let known: Acquaintance

    /// Its place among the connections of the host; to be kept as long as the connection stays with the host, and let go
    /// with it when it goes to a relay.
    package let ticket: ConnectionGate.Ticket

    /// When the host took it from the kernel, or back from a relay.
    package let since: MonotonicInstant

    package init(
        descriptor: consuming OwnedDescriptor,
        known: Acquaintance,
        ticket: ConnectionGate.Ticket,
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

package import Contract

/// What goes to a relay with a connection, and what the host knows of it beside that.
package struct Delivery: Hashable, Sendable {
    package var handover: Handover

    /// Taken from the socket on the way; it goes with the connection.
    package var payload: [UInt8]

    /// What the socket held when the host decided whom it is for, from its first byte on: it was left there.
    package var seen: [UInt8]

    /// How many instances have taken some of the bytes and died.
    package var losses: Int

    package init(_ handover: Handover, payload: [UInt8] = [], seen: [UInt8] = [], losses: Int = 0) {
        self.handover = handover
        self.payload = payload
        self.seen = seen
        self.losses = losses
    }
}

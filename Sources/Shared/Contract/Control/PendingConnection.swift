/// A connection whose relay is known and that nobody has answered yet: what goes to the relay with it, and what the host
/// knows of it beside that.
package struct PendingConnection: Hashable, Sendable {
    package var handover: Handover

    /// Bytes that were taken from the socket on the way; they go with the connection.
    package var payload: [UInt8]

    /// Bytes that were looked at and left in the socket when the host decided whom it is for, from its first one on.
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

/// What the front door has done.
package struct DoorSnapshot: Hashable, Sendable, Codable {
    /// Connections it holds now: those that have not said yet what they want, those that wait for a relay, and those it
    /// carries itself, as TLS must be.
    package var open: Int

    /// Of these, the ones that wait for a relay to be ready.
    package var waiting: Int

    /// Connections given to a relay.
    package var handedOver: UInt64

    package var refusals: [DoorRefusal: UInt64]

    package init(
        open: Int = 0,
        waiting: Int = 0,
        handedOver: UInt64 = 0,
        refusals: [DoorRefusal: UInt64] = [:]
    ) {
        self.open = open
        self.waiting = waiting
        self.handedOver = handedOver
        self.refusals = refusals
    }
}

/// Why the front door closed a connection. The raw values are labels of metrics: they never change.
package enum DoorRefusal: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Too many connections, too many that have not said what they want, too many of these from one address.
    case total, undecided, address
    /// The process has no file descriptor left.
    case descriptors
    /// Not the protocol of the port, or broken.
    case malformed
    /// It did not say in time what it wants.
    case slow = "too_slow"
    case unknownRelay = "unknown_relay"
    /// The relay was not ready: too many waited for it already, or it took too long.
    case waitingRoom = "waiting_room"
    case notReady = "not_ready"
    /// The host is ending.
    case draining
    /// The two sides could not agree on TLS.
    case tls
}

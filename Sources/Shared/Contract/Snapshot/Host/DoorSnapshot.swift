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

    /// Who did not stay, by protocol.
    package var admission: AdmissionSnapshot

    /// Connections that wait, by relay; relays nobody waits for are not among them.
    package var waitingFor: [RelayName: Int]

    /// How long the front door holds a connection whose relay is not ready: a relay that is ready again within this time
    /// serves everybody who comes meanwhile.
    package var patience: Duration

    /// What ``patience`` is unless somebody sets it.
    package static let standardPatience = Duration.seconds(5)

    /// End of the validity of the certificate that is shown, seconds since 1970; nil while there is none.
    package var certificateExpires: Int?

    package init(
        open: Int = 0,
        waiting: Int = 0,
        handedOver: UInt64 = 0,
        refusals: [DoorRefusal: UInt64] = [:],
        admission: AdmissionSnapshot = AdmissionSnapshot(),
        waitingFor: [RelayName: Int] = [:],
        patience: Duration = Self.standardPatience,
        certificateExpires: Int? = nil
    ) {
        self.open = open
        self.waiting = waiting
        self.handedOver = handedOver
        self.refusals = refusals
        self.admission = admission
        self.waitingFor = waitingFor
        self.patience = patience
        self.certificateExpires = certificateExpires
    }
}

/// Why the front door closed a connection. The raw values are labels of metrics: they never change.
package enum DoorRefusal: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Viewers and publishers had every place; it had not said what it wants when its place was wanted. The third is of
    /// the past: an address may have as many as there are places.
    case total, undecided, address
    /// The process has no file descriptor left.
    case descriptors
    /// Not the protocol of the port, or broken.
    case malformed
    /// It did not say in time what it wants.
    case slow = "too_slow"
    case unknownRelay = "unknown_relay"
    /// The relay was not ready: others wanted the place it waited in, or it took too long.
    case waitingRoom = "waiting_room"
    case notReady = "not_ready"
    /// The host is ending.
    case draining
    /// The two sides could not agree on TLS.
    case tls
}

package import Contract

/// What the front door has done and is doing.
package struct FrontDoorSnapshot: Hashable, Sendable {
    /// Connections taken from the kernel, since the start.
    package var accepted: [DoorProtocol: UInt64] = [:]

    /// Connections given to relays, since the start.
    package var handedOver: [Handover.Stage: UInt64] = [:]

    /// Connections given to the host itself, since the start.
    package var received: UInt64 = 0

    /// Connections that relays handed back, since the start.
    package var readmitted: UInt64 = 0

    /// Connections whose relay died before it answered, and which were offered to the next, since the start.
    package var resumed: UInt64 = 0

    package var refused: [DoorRefusal: UInt64] = [:]

    /// Who did not stay, by protocol.
    package var admission = AdmissionSnapshot()

    /// TLS handshakes that failed or took too long, since the start.
    package var tlsFailures: UInt64 = 0

    /// Connections open now that run through the host's TLS.
    package var tlsOpen = 0

    /// End of the validity of the certificate in force, seconds since 1970.
    package var certificateExpires: Int?

    /// Connections open now that have not said whom they are for.
    package var undecided = 0

    /// Connections open now that wait for a relay.
    package var waiting: [RelayName: Int] = [:]

    package init() {}
}

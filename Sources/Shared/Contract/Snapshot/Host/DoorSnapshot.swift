/// What the front door has done and is doing.
package struct DoorSnapshot: Hashable, Sendable, Codable {
    /// Connections taken from the kernel, since the start.
    package var accepted: [Handover.Stage: UInt64] = [:]

    /// Connections given to relays, since the start.
    package var handedOver: [Handover.Stage: UInt64] = [:]

    /// Connections given to the host itself, since the start.
    package var received: UInt64 = 0

    /// Connections that relays handed back, since the start.
    package var readmitted: UInt64 = 0

    /// Connections whose relay died before it answered, and which were offered to the next, since the start.
    package var resumed: UInt64 = 0

    package var refusals: [DoorRefusal: UInt64] = [:]

    /// Connections that have not said what they want, and those that were closed, by protocol.
    package var admission = AdmissionSnapshot()

    /// Connections open now that have not said whom they are for.
    package var undecided = 0

    /// Connections open now that wait for a relay to be ready, by relay; those nobody waits for are not among them.
    package var waiting: [RelayName: Int] = [:]

    /// Connections open now that run through the host's TLS.
    package var tlsOpen = 0

    /// How long a connection waits for its relay: one that is ready again within this time serves everybody who comes
    /// meanwhile.
    package var wait = Self.standardWait

    /// What ``wait`` is unless somebody sets it.
    package static let standardWait = Duration.seconds(5)

    /// End of the validity of the certificate that is shown, seconds since 1970; nil while there is none.
    package var certificateExpires: Int?

    /// Where several certificates are shown, a host that the one that ends first is for.
    package var certificateName: String?

    package init() {}

    /// Connections it holds now.
    package var open: Int { self.undecided + self.waitingCount + self.tlsOpen }

    /// Of these, the ones that wait for a relay to be ready.
    package var waitingCount: Int { self.waiting.values.reduce(0, +) }

    package var handedOverCount: UInt64 { self.handedOver.values.reduce(0, &+) }
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
    /// A PROXY header came from somebody whom the configuration does not name; this is counted beside what its protocol makes
    /// of it.
    case untrustedProxy = "untrusted_proxy"
    /// A trusted proxy sent no header, or a broken one.
    case proxyHeader = "proxy_header"
}

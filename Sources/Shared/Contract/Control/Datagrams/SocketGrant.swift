/// A UDP socket that comes to a relay.
package struct SocketGrant: Hashable, Sendable, Codable {
    package let purpose: SocketPurpose

    /// The port it is bound to.
    package let port: UInt16

    /// Whom it is to send to, `address:port`, where the configuration names somebody.
    package let destination: String?

    package init(purpose: SocketPurpose, port: UInt16, destination: String? = nil) {
        self.purpose = purpose
        self.port = port
        self.destination = destination
    }
}

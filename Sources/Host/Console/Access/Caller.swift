import Contract

/// The peer whose request the console answers, and where it came in.
package struct Caller: Sendable {
    package enum Entrance: Hashable, Sendable {
        /// A listener that is for everybody: health, metrics and what relays answer.
        case everybody
        /// A listener of `listen.admin`.
        case admin
        /// The unix socket in the state directory. The owner is the user whom the host runs as, or root.
        case local(isOwner: Bool)
    }

    package let entrance: Entrance

    /// `host:port`, as ``Handover/peer`` has it; of no meaning where the connection is local.
    package let address: String

    /// Whether the connection came by TLS.
    package let isSecure: Bool

    package init(_ entrance: Entrance, address: String = "", isSecure: Bool = false) {
        self.entrance = entrance
        self.address = address
        self.isSecure = isSecure
    }

    /// The address without the port; nil where it is none.
    package var host: String? { (try? ListenAddress(self.address))?.host }

    /// Whether the connection was opened on this machine. That says nothing of who made the request.
    var isLoopback: Bool { self.host.map(Authority.isLoopback) ?? false }
}

/// The host and port that a request is for (RFC 9110 section 7.2).
package enum Authority {
    /// Whether an address is one of those that lead nowhere but to this machine.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        return host.hasPrefix("127.") || host == "::1" || host.hasPrefix("::ffff:127.")
    }

    /// Whether it can be written into an address on a page: letters, digits, `.`, `-`, `_`, and what an IPv6 address has.
    package static func isPlain(_ header: String) -> Bool {
        !header.isEmpty && header.utf8.count <= 255
            && header.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_", ":", "[", "]": true
                default: false
                }
            }
    }
}

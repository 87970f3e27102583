import Contract

/// The peer whose request the console answers.
package struct Caller: Sendable {
    /// `host:port`, as ``Handover/peer`` has it.
    package let address: String

    /// Whether the connection came by TLS.
    package let isSecure: Bool

    package init(address: String, isSecure: Bool) {
        self.address = address
        self.isSecure = isSecure
    }

    /// Whether the connection was opened on this machine. That says nothing of who made the request: see ``APIAuthorization``.
    var isLoopback: Bool {
        guard let address = try? ListenAddress(self.address) else { return false }
        return Authority.isLoopback(address.host)
    }
}

/// The host and port that a request is for (RFC 9110 section 7.2).
package enum Authority {
    /// Whether an address is one of those that lead nowhere but to this machine.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        return host.hasPrefix("127.") || host == "::1" || host.hasPrefix("::ffff:127.")
    }

    /// Whether a `Host` header names no domain: nobody can have made a domain of theirs lead to us then.
    static func namesNoDomain(_ header: String) -> Bool {
        let host = self.host(of: header).lowercased()
        return host == "localhost" || (try? ListenAddress(host: host, port: 0)) != nil
    }

    /// Without the port and without brackets.
    static func host(of header: String) -> String {
        if header.hasPrefix("[") { return String(header.dropFirst().prefix { $0 != "]" }) }
        return String(header.prefix { $0 != ":" })
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

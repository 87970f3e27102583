internal import CLinux

/// An IP address and a TCP or UDP port.
package struct InternetAddress: Hashable, Sendable {
    package enum Host: Hashable, Sendable {
        /// In the order of the wire, first byte highest.
        case v4(UInt32)
        /// In the order of the wire, and the interface of a link-local address (0: none).
        case v6(UInt64, UInt64, scope: UInt32)

        package static let anyV4 = Host.v4(0)
        package static let loopbackV4 = Host.v4(0x7f00_0001)
        package static let anyV6 = Host.v6(0, 0, scope: 0)
        package static let loopbackV6 = Host.v6(0, 1, scope: 0)

        /// What stands for all the addresses that one peer may choose from: of IPv6 the first 64 bits (RFC 4291 section
        /// 2.5.4), but for those that are of this machine or this link, or IPv4 in disguise.
        package var network: Host {
            guard case .v6(let high, _, let scope) = self, high != 0, high >> 54 != 0xfe80 >> 6 else { return self }
            return .v6(high, 0, scope: scope)
        }

        /// What stands for all the addresses that are likely one neighbour's: of IPv4 the first 24 bits, which is the
        /// smallest network that is routed by itself, of IPv6 ``network``. Addresses of this machine stand for themselves.
        package var block: Host {
            switch self {
            case .v4(let bits): self.isLoopback ? self : .v4(bits & 0xffff_ff00)
            case .v6(0, let low, _) where low >> 32 == 0xffff: Host.v4(UInt32(truncatingIfNeeded: low)).block
            case .v6: self.network
            }
        }

        package var isLoopback: Bool {
            switch self {
            case .v4(let bits): bits >> 24 == 127
            case .v6(let high, let low, _): high == 0 && (low == 1 || low >> 24 == 0xffff_7f)
            }
        }
    }

    package var host: Host

    /// 0 asks the kernel to choose one.
    package var port: UInt16

    package init(_ host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    package var isLoopback: Bool { self.host.isLoopback }

    package var isIPv6: Bool {
        if case .v6 = self.host { true } else { false }
    }
}

/// What is wrong with the text of an address.
package enum InternetAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    case portMissing(String)
    case portInvalid(String)
    case hostInvalid(String)
    /// A name was looked up without success; the reason is the resolver's.
    case unresolved(String, reason: String)

    package var description: String {
        switch self {
        case .portMissing(let text): "\"\(text)\" has no port: write it as host:port or [host]:port"
        case .portInvalid(let text): "\"\(text)\" is not a port: 0 to 65535"
        case .hostInvalid(let text): "\"\(text)\" is not an IPv4 or IPv6 address"
        case .unresolved(let name, let reason): "\"\(name)\" cannot be found: \(reason)"
        }
    }
}

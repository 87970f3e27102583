/// A numeric address without a port.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// IPv4 in dotted form, or IPv6 without brackets.
    package let text: String

    package init(_ text: some StringProtocol) throws(IPAddressError) {
        let text = String(text)
        guard IPAddressText.isV4(text) || IPAddressText.isV6(text) else { throw IPAddressError(text: text) }
        self.text = text
    }

    package var description: String { self.text }
    package var isIPv6: Bool { self.text.contains(":") }
    package var isMulticast: Bool { IPAddressText.isMulticast(self.text) }
    package var isLoopback: Bool { IPAddressText.isLoopback(self.text) }
}

package struct IPAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String { "'\(self.text)' is not an IP address; write it as 192.168.1.2 or 2001:db8::2." }
}

extension IPAddress: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.text)
    }
}

/// One of the machine's network interfaces, by an address of its own or by its name.
package struct InterfaceSpec: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// IFNAMSIZ without its end, netdevice(7).
    private static let nameLimit = 15

    package init(_ text: some StringProtocol) throws(InterfaceError) {
        let text = String(text)
        let isName =
            (1...Self.nameLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
            && text.utf8.contains { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a } && !text.contains(":")
        guard isName || IPAddressText.isV4(text) || IPAddressText.isV6(text) else { throw InterfaceError(text: text) }
        self.text = text
    }

    /// Nil where it is a name.
    package var address: IPAddress? { try? IPAddress(self.text) }
    package var description: String { self.text }
}

package struct InterfaceError: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String {
        "'\(self.text)' is not a network interface; write an address of this machine, such as 192.168.1.2, or eth0."
    }
}

extension InterfaceSpec: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.text)
    }
}

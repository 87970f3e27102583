/// A numeric address and a port to listen on: `0.0.0.0:1935`, `[::]:1935`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// IPv4 in dotted form, or IPv6 without brackets.
    package let host: String

    /// 0 asks the system for a free port.
    package let port: UInt16

    package init(host: String, port: UInt16) throws(ListenAddressError) {
        guard IPAddressText.isV4(host) || IPAddressText.isV6(host) else { throw .notNumeric(host) }
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, `[v6]:port`, `:port` and a bare port; the latter two mean every IPv4 address of the machine.
    package init(_ text: some StringProtocol) throws(ListenAddressError) {
        let text = String(text)
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]"), text[close...].hasPrefix("]:") else { throw .malformed(text) }
            let host = text[text.index(after: text.startIndex)..<close]
            guard IPAddressText.isV6(host) else { throw .notNumeric(String(host)) }
            try self.init(host: String(host), port: Self.port(text[close...].dropFirst(2), in: text))
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: try self.init(host: "0.0.0.0", port: Self.port(parts[0], in: text))
        case 2: try self.init(host: Self.host(parts[0]), port: Self.port(parts[1], in: text))
        default: throw IPAddressText.isV6(text) ? .unbracketed(text) : .malformed(text)
        }
    }

    package var isIPv6: Bool { self.host.contains(":") }

    /// Whether it stands for every address of the machine.
    package var isWildcard: Bool { self.host == "0.0.0.0" || self.host == "::" }

    package var isMulticast: Bool { IPAddressText.isMulticast(self.host) }
    package var isLoopback: Bool { IPAddressText.isLoopback(self.host) }

    /// Addresses in one text, separated by commas.
    package static func list(_ text: some StringProtocol) throws(ListenAddressError) -> [ListenAddress] {
        var addresses: [ListenAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            addresses.append(try ListenAddress(part.split(whereSeparator: \.isWhitespace).joined()))
        }
        return addresses
    }

    /// Whether both cannot be bound by the same protocol of IP: `[::]` takes what comes by IPv4, too.
    package func clashes(with other: ListenAddress) -> Bool {
        guard self.port == other.port, self.port != 0 else { return false }
        if self.host == other.host || self.host == "::" || other.host == "::" { return true }
        return (self.isWildcard || other.isWildcard) && self.isIPv6 == other.isIPv6
    }

    package var description: String { self.isIPv6 ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)" }

    private static func host(_ text: Substring) -> String {
        switch text {
        case "", "*": "0.0.0.0"
        case "localhost": "127.0.0.1"
        default: String(text)
        }
    }

    private static func port(_ digits: Substring, in text: String) throws(ListenAddressError) -> UInt16 {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .malformed(text) }
        guard let port = UInt16(digits) else { throw .portOutOfRange(String(digits)) }
        return port
    }
}

package enum ListenAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case unbracketed(String)
    case notNumeric(String)
    case portOutOfRange(String)

    package var description: String {
        switch self {
        case .malformed(let text):
            "'\(text)' is not an address to listen on; write it as 0.0.0.0:1935, [::]:1935 or 1935."
        case .unbracketed(let text):
            "'\(text)' has no port; an IPv6 address is written in brackets, as in [::]:1935."
        case .notNumeric(let host):
            "'\(host)' is not an IP address; listen on 0.0.0.0 for all of this machine's, or 127.0.0.1 for itself alone."
        case .portOutOfRange(let port):
            "The port \(port) does not exist; ports go from 0 (any free one) to 65535."
        }
    }
}

/// Encoded as the text a person would write.
extension ListenAddress: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}

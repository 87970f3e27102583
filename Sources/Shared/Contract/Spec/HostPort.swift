/// Somebody else's host, by name or by address, and a port: `box.example.org:5004`, `[2001:db8::9]:5004`.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// A name, or an address without brackets.
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) throws(HostPortError) {
        guard Self.isHost(host) else { throw .host(host) }
        guard port > 0 else { throw .portMissing("\(host):\(port)") }
        self.host = host
        self.port = port
    }

    package init(_ text: some StringProtocol) throws(HostPortError) {
        let text = String(text)
        guard let colon = text.lastIndex(of: ":") else { throw .portMissing(text) }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw .portMissing(text)
        }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            throw .portMissing(text)
        }
        try self.init(host: String(host), port: port)
    }

    /// Nil where it is a name.
    package var address: IPAddress? { try? IPAddress(self.host) }
    package var isMulticast: Bool { IPAddressText.isMulticast(self.host) }
    package var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    /// RFC 1123 section 2.1, and the underscore that is met in practice.
    private static func isHost(_ text: String) -> Bool {
        if IPAddressText.isV6(text) || IPAddressText.isV4(text) { return true }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        // What is all digits was meant to be an address.
        let isNumeric = labels.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        return text.utf8.count <= 253 && !isNumeric
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            }
    }
}

package enum HostPortError: Error, Hashable, Sendable, CustomStringConvertible {
    case host(String)
    case portMissing(String)

    package var description: String {
        switch self {
        case .host(let host): "\(Self.quoted(host)) is neither an address nor a name of a host."
        case .portMissing(let text):
            "\(Self.quoted(text)) has no port; write it as host:port, or [address]:port for IPv6."
        }
    }

    /// What a host and a port are made of may be repeated; a user, a path or a query may hold a password or a key.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        return isPlain ? "'\(text)'" : "this"
    }
}

extension HostPort: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}

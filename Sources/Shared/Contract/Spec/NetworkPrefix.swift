/// An address, or all that begin as it does: `10.0.0.5`, `10.0.0.0/8`, `2001:db8::/32` (RFC 4632 section 3.1).
package struct NetworkPrefix: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress

    /// Bits that count.
    package let length: Int

    package init(_ text: some StringProtocol) throws(NetworkPrefixError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = try? IPAddress(parts[0]) else { throw NetworkPrefixError(text: String(text), bits: nil) }
        let bits = address.isIPv6 ? 128 : 32
        self.address = address
        guard parts.count == 2 else {
            self.length = bits
            return
        }
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(digits), length <= bits
        else { throw NetworkPrefixError(text: String(text), bits: bits) }
        self.length = length
    }

    package var description: String {
        self.length == (self.address.isIPv6 ? 128 : 32) ? "\(self.address)" : "\(self.address)/\(self.length)"
    }

    /// Prefixes in one text, separated by commas.
    package static func list(_ text: some StringProtocol) throws(NetworkPrefixError) -> [NetworkPrefix] {
        var prefixes: [NetworkPrefix] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            prefixes.append(try NetworkPrefix(part.split(whereSeparator: \.isWhitespace).joined()))
        }
        return prefixes
    }
}

package struct NetworkPrefixError: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Nil where the address is none.
    let bits: Int?

    package var description: String {
        guard let bits else {
            return
                "'\(self.text)' is not an IP address or a network; write it as 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32."
        }
        return "'\(self.text)' is not a network; behind the '/' stands a number from 0 to \(bits)."
    }
}

extension NetworkPrefix: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}

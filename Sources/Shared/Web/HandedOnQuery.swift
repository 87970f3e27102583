/// The part of a playlist's query that the addresses in it carry: a player sends a playlist's own query only there.
package struct HandedOnQuery: Sendable {
    /// Bytes of it; the signatures of content delivery networks have one to three thousand.
    package static let limit = 4096

    /// Directives to a server about one request for a playlist (draft-pantos-hls-rfc8216bis section 6.2.5).
    private static let directives = "_HLS_"

    private let isHandedOn: @Sendable (_ name: String) -> Bool

    /// - Parameter isHandedOn: whether a parameter of this name is; `token` always is.
    package init(_ isHandedOn: @escaping @Sendable (_ name: String) -> Bool) {
        self.isHandedOn = isHandedOn
    }

    /// What of a query is handed on, fit for a playlist; without what would make it too long.
    package func part(of query: String) -> String {
        var pairs: [String] = []
        var room = Self.limit
        for pair in query.split(separator: "&").prefix(HTTPQuery.limit) {
            let name = pair.prefix { $0 != "=" }
            guard let name = PercentEncoding.decode(name), !name.hasPrefix(Self.directives),
                name == "token" || self.isHandedOn(name)
            else { continue }
            let text = PercentEncoding.completed(pair)
            guard text.utf8.count < room else { continue }
            room -= text.utf8.count + 1
            pairs.append(text)
        }
        return pairs.joined(separator: "&")
    }
}

extension PercentEncoding {
    /// A part of a query with all encoded that may not stand in one as it is (RFC 3986 section 3.4); what is encoded
    /// already stays so.
    package static func completed(_ text: some StringProtocol) -> String {
        var result = ""
        for byte in text.utf8 {
            if Self.mayStandInQuery(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count < 2 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    private static func mayStandInQuery(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "-._~!$&'()*+,;=:@/?%".utf8.contains(byte)
        }
    }
}

import Encodings

/// `c=`: RFC 8866 section 5.7.
package struct SDPConnection: Hashable, Sendable {
    /// An address or a host name, as written.
    package var address: String
    package var isIPv6: Bool
    /// Of multicast packets; nil where not said, and always for IPv6.
    package var timeToLive: Int?

    package init(address: String, timeToLive: Int? = nil) {
        self.address = address
        self.isIPv6 = address.utf8.contains(UInt8(ascii: ":"))
        self.timeToLive = timeToLive
    }

    /// Reads what follows `c=`; nil if no address is in it.
    init?(_ value: Substring) {
        let words = value.words
        guard let last = words.last, words.count >= 2 || !last.isEmpty else { return nil }
        let parts = last.parts(at: "/", omittingEmpty: false)
        guard let address = parts.first, !address.isEmpty, address != "IP4", address != "IP6" else { return nil }
        self.address = String(address)
        self.isIPv6 = address.utf8.contains(UInt8(ascii: ":"))
        self.timeToLive =
            self.isIPv6 || parts.count < 2 ? nil : Int(parts[1]).flatMap { (0...255).contains($0) ? $0 : nil }
    }

    /// 224.0.0.0/4 and ff00::/8.
    package var isMulticast: Bool {
        if self.isIPv6 { return self.address.lowercased().begins(with: "ff") }
        guard let first = self.address.parts(at: ".").first.flatMap({ Int($0) }) else { return false }
        return (224...239).contains(first)
    }

    /// An address that means none: the peer's own is to be taken, or any.
    package var isUnspecified: Bool { ["0.0.0.0", "::", "0::0"].contains(self.address) }

    var text: String {
        let life = self.timeToLive.map { "/\($0)" } ?? ""
        return "IN \(self.isIPv6 ? "IP6" : "IP4") \(self.address)\(self.isIPv6 ? "" : life)"
    }
}

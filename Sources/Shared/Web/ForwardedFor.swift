/// What proxies of HTTP have added to a request about where it comes from: `Forwarded` (RFC 7239 section 5.2), and where there
/// is none `X-Forwarded-For`, which is older and says the same.
package enum ForwardedFor {
    /// Proxies that are read of; no request has come by more.
    package static let limit = 32

    /// Addresses without ports, that of the last proxy's peer last; nil for one that is hidden or unknown.
    package static func chain(of request: HTTPRequest) -> [String?] {
        let forwarded = request.values(of: "forwarded")
        guard forwarded.isEmpty else {
            return self.elements(forwarded).map { self.node(inElement: $0) }
        }
        return self.elements(request.values(of: "x-forwarded-for")).map { self.address($0) }
    }

    /// Several headers of one name mean the same as one with their values behind each other (RFC 9110 section 5.3). A comma
    /// within quotes separates nothing.
    private static func elements(_ values: [String]) -> [Substring] {
        let all = values.flatMap { value -> [Substring] in
            var isQuoted = false
            return value.split(omittingEmptySubsequences: true) { character in
                if character == "\"" { isQuoted.toggle() }
                return character == "," && !isQuoted
            }
        }
        return Array(all.suffix(self.limit))
    }

    /// The value of `for` among pairs that are separated by semicolons (RFC 7239 section 4).
    private static func node(inElement element: Substring) -> String? {
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, self.trimmed(parts[0]).lowercased() == "for" else { continue }
            return self.address(parts[1])
        }
        return nil
    }

    /// An address out of `192.0.2.43`, `192.0.2.43:47011`, `2001:db8::17` and `"[2001:db8::17]:4711"` (RFC 7239 section 6); nil
    /// for `unknown` and for names that hide one.
    private static func address(_ text: Substring) -> String? {
        var text = self.trimmed(text)
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 { text = text.dropFirst().dropLast() }
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            text = text[..<close].dropFirst()
        } else if text.count(where: { $0 == ":" }) == 1 {
            text = text.prefix { $0 != ":" }
        }
        guard text.contains(where: { $0 == "." || $0 == ":" }),
            text.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" })
        else { return nil }
        return String(text)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }
}

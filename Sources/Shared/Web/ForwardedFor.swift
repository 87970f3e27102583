import Encodings

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
            return value.unicodeScalars.split { character in
                if character == "\"" { isQuoted.toggle() }
                return character == "," && !isQuoted
            }.map { Substring($0) }
        }
        return Array(all.suffix(self.limit))
    }

    /// The value of `for` among pairs that are separated by semicolons (RFC 7239 section 4).
    private static func node(inElement element: Substring) -> String? {
        for pair in element.parts(at: ";") {
            let (name, value) = pair.halves(at: "=")
            guard let value, name.trimmingBlanks().lowercased() == "for" else { continue }
            return self.address(value)
        }
        return nil
    }

    /// An address out of `192.0.2.43`, `192.0.2.43:47011`, `2001:db8::17` and `"[2001:db8::17]:4711"` (RFC 7239 section 6); nil
    /// for `unknown` and for names that hide one.
    private static func address(_ text: Substring) -> String? {
        var text = text.trimmingBlanks()
        text = text.without(prefix: "\"")?.without(suffix: "\"") ?? text
        if let bracketed = text.without(prefix: "[") {
            let (address, behind) = bracketed.halves(at: "]")
            guard behind != nil else { return nil }
            text = address
        } else if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
            text = text.halves(at: ":").before
        }
        guard text.contains(where: { $0 == "." || $0 == ":" }),
            text.utf8.allSatisfy({
                Hexadecimal.value(of: $0) != nil || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":")
            })
        else { return nil }
        return String(text)
    }
}

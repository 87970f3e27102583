/// Takes keys and tokens out of what is about to be printed.
package enum Redaction {
    static let mask = "***"

    /// A name that ends in one of these names a secret: `key`, `publish_key`, `authToken`.
    static let words = ["key", "token", "secret", "password", "passphrase"]

    static func isSecret(_ name: some StringProtocol) -> Bool {
        let name = name.lowercased()
        return self.words.contains { name.hasSuffix($0) }
    }

    /// The text with the value of every `key=…` masked, as they stand in addresses and stream names.
    package static func masked(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "=")) || text.contains("%3") else { return text }
        var masked = ""
        var rest = Substring(text)
        while let sign = self.nextSign(in: rest) {
            let name = rest[..<sign.lowerBound].reversed().prefix { $0.isLetter || $0 == "_" || $0 == "-" }
            masked += rest[..<sign.upperBound]
            rest = rest[sign.upperBound...]
            if self.isSecret(String(name.reversed())) {
                rest = rest.dropFirst(self.valueLength(rest))
                masked += self.mask
            }
        }
        return masked + rest
    }

    /// The next `=`, plain or percent-encoded.
    private static func nextSign(in text: Substring) -> Range<Substring.Index>? {
        for index in text.indices {
            if text[index] == "=" { return index..<text.index(after: index) }
            if text[index] == "%", text[index...].prefix(3).lowercased() == "%3d" {
                return index..<text.index(index, offsetBy: 3)
            }
        }
        return nil
    }

    private static func valueLength(_ text: Substring) -> Int {
        var length = 0
        for index in text.indices {
            let character = text[index]
            if character.isWhitespace || "&\"'<>,;)]}".contains(character) { break }
            if character == "%", text[index...].prefix(3) == "%26" { break }
            length += 1
        }
        return length
    }
}

import Encodings

/// Takes keys and tokens out of what is about to be printed.
package enum Redaction {
    static let mask = "***"

    /// A name that ends in one of these names a secret: `key`, `publish_key`, `authToken`.
    static let words = ["key", "token", "secret", "password", "passphrase"]

    static func isSecret(_ name: some StringProtocol) -> Bool {
        let name = name.lowercased()
        return self.words.contains { name.ends(with: $0) }
    }

    /// The text with the value of every `key=…` masked, as they stand in addresses and stream names.
    ///
    /// It is read as bytes: a mark that combines with `=` makes one character of both, and the key behind it is no less one.
    package static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "%") }) else { return text }
        var masked: [UInt8] = []
        masked.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let sign = self.nextSign(in: rest) {
            let name = rest[..<sign.lowerBound].reversed().prefix(while: self.isPartOfName).reversed()
            masked += rest[..<sign.upperBound]
            rest = rest[sign.upperBound...]
            if self.isSecret(PercentEncoding.decodeRepairing(String(decoding: Array(name), as: UTF8.self))) {
                rest = rest.dropFirst(self.valueLength(rest))
                masked += self.mask.utf8
            }
        }
        return String(decoding: masked + rest, as: UTF8.self)
    }

    /// The next `=`, plain or percent-encoded.
    private static func nextSign(in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "=") { return index..<index + 1 }
            if self.isCode(bytes[index...], "3d") { return index..<index + 3 }
        }
        return nil
    }

    /// Whether a byte stands here percent-encoded, given by its two digits.
    private static func isCode(_ bytes: ArraySlice<UInt8>, _ digits: String) -> Bool {
        bytes.first == UInt8(ascii: "%")
            && bytes.dropFirst().prefix(2).elementsEqual(digits.utf8) { $0 | 0x20 == $1 | 0x20 }
    }

    private static func isPartOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_-%".utf8.contains(byte)
        }
    }

    private static func valueLength(_ bytes: ArraySlice<UInt8>) -> Int {
        let end = bytes.indices.first { index in
            bytes[index] <= UInt8(ascii: " ") || "&\"'<>,;)]}".utf8.contains(bytes[index])
                || self.isCode(bytes[index...], "26")
        }
        return (end ?? bytes.endIndex) - bytes.startIndex
    }
}

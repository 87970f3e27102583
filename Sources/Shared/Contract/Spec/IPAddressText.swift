/// Recognises addresses without asking a resolver.
enum IPAddressText {
    static func isV4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && UInt8(part) != nil && (part.utf8.count == 1 || part.first != "0")
            }
    }

    /// RFC 4291 section 2.2, without zones: eight groups, at most one run of them left out as `::`.
    static func isV6(_ text: some StringProtocol) -> Bool {
        guard let gap = Self.gap(in: text) else { return Self.groups(in: text, allowingV4: true) == 8 }
        let before = text[..<gap.lowerBound]
        let after = text[gap.upperBound...]
        guard let left = Self.groups(in: before, allowingV4: false), Self.gap(in: after) == nil,
            let right = Self.groups(in: after, allowingV4: true)
        else { return false }
        return left + right <= 7
    }

    /// 224.0.0.0/4 (RFC 5771) and ff00::/8 (RFC 4291 section 2.7).
    static func isMulticast(_ text: String) -> Bool {
        if self.isV4(text) {
            return text.split(separator: ".").first.flatMap { UInt8($0) }.map { $0 >> 4 == 14 } ?? false
        }
        return self.isV6(text)
            && text.split(separator: ":").first.map { $0.count == 4 && $0.lowercased().hasPrefix("ff") }
                ?? false
    }

    static func isLoopback(_ text: String) -> Bool {
        text == "::1" || self.isV4(text) && text.hasPrefix("127.")
    }

    private static func gap<Text: StringProtocol>(in text: Text) -> Range<Text.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ":", next < text.endIndex, text[next] == ":" { return index..<text.index(after: next) }
            index = next
        }
        return nil
    }

    /// The number of 16-bit groups, or nil where one is malformed. A trailing dotted IPv4 counts as two.
    private static func groups(in text: some StringProtocol, allowingV4: Bool) -> Int? {
        if text.isEmpty { return 0 }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        for (position, part) in parts.enumerated() {
            if allowingV4, position == parts.count - 1, self.isV4(part) {
                count += 2
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
                    return nil
                }
                count += 1
            }
        }
        return count
    }
}

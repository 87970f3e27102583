import Encodings

/// Headers in the order they came (RFC 2326 section 12); names compare without regard to case.
package struct RTSPHeaders: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        package let name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var fields: [Field] = []

    package init(_ fields: [Field] = []) {
        self.fields = fields
    }

    package mutating func add(_ name: String, _ value: String) {
        self.fields.append(Field(name, value))
    }

    /// Goes on with the last value, on a line of its own (RFC 2326 section 4, as RFC 2068 section 4.2 has it).
    mutating func fold(_ text: Substring) -> Bool {
        guard let last = self.fields.indices.last else { return false }
        self.fields[last].value += " " + text
        return true
    }

    /// The first value of that name.
    package subscript(name: String) -> String? { self.fields.first { Self.matches($0.name, name) }?.value }

    /// All values of that name.
    package func all(_ name: String) -> [String] {
        self.fields.filter { Self.matches($0.name, name) }.map(\.value)
    }

    private static func matches(_ left: String, _ right: String) -> Bool { ASCII.matches(left, right) }
}

/// Text of protocols, where case means nothing and letters are ASCII's.
enum ASCII {
    static func matches(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        left.utf8.elementsEqual(right.utf8) { Self.lowercase($0) == Self.lowercase($1) }
    }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// RFC 2326 section 15.1, as RFC 2068 section 2.2 has it.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Parts between separators that do not stand in quotes, trimmed. Quotes stay.
    ///
    /// `hasPairs`: whether a backslash in quotes takes the next character's meaning away (RFC 2068 section 2.2).
    static func split(_ text: Substring, at separator: Unicode.Scalar, hasPairs: Bool = false) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        var isEscaped = false
        let scalars = text.unicodeScalars
        for index in scalars.indices {
            if isEscaped {
                isEscaped = false
                continue
            }
            isEscaped = hasPairs && isQuoted && scalars[index] == "\\"
            if scalars[index] == "\"" { isQuoted.toggle() }
            guard scalars[index] == separator, !isQuoted else { continue }
            parts.append(text[start..<index].trimmingBlanks())
            start = scalars.index(after: index)
        }
        parts.append(text[start...].trimmingBlanks())
        return parts
    }

    static func unquote(_ text: Substring) -> Substring {
        text.without(prefix: "\"")?.without(suffix: "\"") ?? text
    }

    /// The text with each quoted pair, a backslash and a character, as that character.
    static func withoutPairs(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        var plain = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if !isEscaped, scalar == "\\" {
                isEscaped = true
                continue
            }
            isEscaped = false
            plain.append(scalar)
        }
        return String(plain)
    }
}

/// A key or a token: it prints as `***` wherever it ends up, and is read only by the one property that says so.
package struct Secret: Sendable {
    /// The text itself, for an address shown to its owner and for the file it is kept in. Never for a log.
    package let revealed: String

    package static let lengthLimit = 256

    /// What may stand beside letters and digits. All of it survives unescaped in the query of an address.
    package static let marks = "-._~!$*:@="

    package init(_ text: some StringProtocol) throws(SecretError) {
        let text = String(text)
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.lengthLimit else { throw .tooLong(limit: Self.lengthLimit) }
        guard text.unicodeScalars.allSatisfy(Self.allows) else { throw .forbiddenCharacter }
        self.revealed = text
    }

    /// 32 characters of 64 each: 192 bits, safe in any address.
    package static func random(using generator: inout some RandomNumberGenerator) -> Secret {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let text = String((0..<32).map { _ in alphabet[Int(generator.next(upperBound: UInt(alphabet.count)))] })
        do {
            return try Secret(text)
        } catch {
            preconditionFailure("a generated key is refused: \(error)")
        }
    }

    /// Whether a peer presented the right text. Takes as long for a wrong one as for a right one of the same length.
    package func matches(_ candidate: some StringProtocol) -> Bool {
        let own = Array(self.revealed.utf8)
        let presented = candidate.utf8
        var difference = own.count ^ presented.count
        for (position, byte) in presented.prefix(Self.lengthLimit).enumerated() {
            difference |= Int(byte ^ own[position % own.count])
        }
        return difference == 0
    }

    private static func allows(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: self.marks.unicodeScalars.contains(scalar)
        }
    }
}

/// Why a secret was refused. Says nothing of its text.
package enum SecretError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case tooLong(limit: Int)
    case forbiddenCharacter

    package var description: String {
        switch self {
        case .empty: "The key is empty."
        case .tooLong(let limit): "The key is longer than \(limit) characters."
        case .forbiddenCharacter:
            "The key has a character that does not survive in an address; use letters, digits and \(Secret.marks)"
        }
    }
}

extension Secret: Equatable {
    package static func == (left: Secret, right: Secret) -> Bool { left.matches(right.revealed) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Encoded as its text: specs travel to the relay over a private socket.
extension Secret: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.revealed)
    }
}

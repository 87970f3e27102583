/// Why a name was refused, as a sentence for the person who wrote it.
package enum NameError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty(NameKind)
    case tooLong(NameKind, length: Int, limit: Int)
    case forbidden(NameKind, character: Character)
    case edge(NameKind)
    case reserved(NameKind, String)
    case pathHasNoStream

    package var description: String {
        switch self {
        case .empty(let kind):
            "The \(kind.rawValue) name is empty."
        case .tooLong(let kind, let length, let limit):
            "The \(kind.rawValue) name is \(length) characters long; \(limit) are allowed."
        case .forbidden(let kind, let character):
            "A \(kind.rawValue) name may not contain \(Self.shown(character)); use letters a-z, digits, \(kind.marks)."
        case .edge(let kind):
            "A \(kind.rawValue) name must start and end with a letter or a digit."
        case .reserved(.stream, let text):
            "A stream name may not end in '\(text.split(separator: ".").last.map { ".\($0)" } ?? "")': addresses end so."
        case .reserved(let kind, let word):
            "'\(word)' cannot be the name of a \(kind.rawValue): the address is used for something else."
        case .pathHasNoStream:
            "The address names no stream; write it as relay/stream, for example live/main."
        }
    }

    /// Characters that would break a log line or a terminal are shown as their number.
    private static func shown(_ character: Character) -> String {
        if character == " " { return "a space" }
        if let ascii = character.asciiValue, ascii > 0x20, ascii < 0x7f { return "'\(character)'" }
        let codes = character.unicodeScalars.prefix(4).map { "U+" + String($0.value, radix: 16, uppercase: true) }
        return codes.joined(separator: " ")
    }
}

package enum NameKind: String, Hashable, Sendable {
    case relay, stream, venue, destination

    var marks: String { self == .stream ? "'-', '_' and '.'" : "'-' and '_'" }
}

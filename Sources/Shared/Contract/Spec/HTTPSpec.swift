/// How a relay answers players by HTTP.
package struct HTTPSpec: Hashable, Sendable, Codable {
    package var passQuery: PassedQuery

    /// Sites whose pages may show a token by cookie.
    package var origins: OriginList

    package static let standard = HTTPSpec()

    package init(passQuery: PassedQuery = .none, origins: OriginList = .none) {
        self.passQuery = passQuery
        self.origins = origins
    }
}

/// Parameters of a playlist's query that the addresses in it carry on, beside `token`.
package enum PassedQuery: Hashable, Sendable {
    case none, all
    case names(Set<String>)

    /// Names that may be listed, and characters of one.
    private static let countLimit = 16
    private static let nameLimit = 64

    /// Reads `none`, `all`, or names with spaces or commas between them.
    ///
    /// - Throws: What is wrong with it, for a sentence.
    package init(_ text: String) throws(WordListError) {
        switch text.lowercased() {
        case "none", "false": self = .none
        case "all", "true", "*": self = .all
        default:
            let names = WordList.words(of: text)
            guard !names.isEmpty, names.count <= Self.countLimit else { throw WordListError("'\(text)' names nothing") }
            for name in names {
                guard name.utf8.count <= Self.nameLimit, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
                    !name.contains(where: { "&=?#%\"".contains($0) })
                else { throw WordListError("'\(name)' is not the name of a parameter") }
            }
            self = .names(Set(names))
        }
    }

    package func contains(_ name: String) -> Bool {
        switch self {
        case .none: false
        case .all: true
        // Names are ASCII; nothing else is to pass for one of them.
        case .names(let names): name.utf8.allSatisfy { $0 < 0x80 } && names.contains(name)
        }
    }
}

extension PassedQuery: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .none: try container.encode("none")
        case .all: try container.encode("all")
        case .names(let names): try container.encode(names.sorted().joined(separator: " "))
        }
    }
}

/// Sites, as browsers name them: `https://player.example`, `http://10.0.0.2:3000`, or `https://*.example` for every name
/// below one.
package struct OriginList: Hashable, Sendable {
    private struct Pattern: Hashable, Sendable {
        let scheme: String
        /// With its dot, where any name below it is meant.
        let host: String
        let isSuffix: Bool

        var text: String { self.scheme + (self.isSuffix ? "*" : "") + self.host }
    }

    private let patterns: [Pattern]

    package static let none = OriginList(patterns: [])

    private static let countLimit = 64
    private static let schemes = ["https://", "http://"]

    private init(patterns: [Pattern]) {
        self.patterns = patterns
    }

    /// Reads `none`, or origins with spaces or commas between them.
    ///
    /// - Throws: What is wrong with it, for a sentence.
    package init(_ text: String) throws(WordListError) {
        guard text.lowercased() != "none" else {
            self = .none
            return
        }
        let words = WordList.words(of: text)
        guard !words.isEmpty, words.count <= Self.countLimit else { throw WordListError("'\(text)' names nothing") }
        var patterns: [Pattern] = []
        for word in words {
            let word = word.lowercased()
            guard let scheme = Self.schemes.first(where: { word.hasPrefix($0) }) else {
                throw WordListError("'\(word)' does not begin with https:// or http://")
            }
            let rest = word.dropFirst(scheme.count)
            let isSuffix = rest.hasPrefix("*.")
            let host = String(isSuffix ? rest.dropFirst() : rest)
            guard host.utf8.count <= 255, host.contains(where: { $0 != "." }),
                host.utf8.allSatisfy(Self.isPartOfAuthority)
            else { throw WordListError("'\(word)' is not the address of a site") }
            patterns.append(Pattern(scheme: scheme, host: host, isSuffix: isSuffix))
        }
        self.init(patterns: patterns)
    }

    package var isEmpty: Bool { self.patterns.isEmpty }

    /// Whether an `Origin` header names one of them.
    package func contains(_ origin: String) -> Bool {
        // The small letter of the Kelvin sign is `k`.
        guard origin.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
        let origin = origin.lowercased()
        return self.patterns.contains { pattern in
            guard origin.hasPrefix(pattern.scheme) else { return false }
            let authority = origin.dropFirst(pattern.scheme.count)
            guard authority.utf8.allSatisfy(Self.isPartOfAuthority) else { return false }
            return pattern.isSuffix
                ? authority.hasSuffix(pattern.host) && authority.utf8.count > pattern.host.utf8.count
                : authority == pattern.host
        }
    }

    private static func isPartOfAuthority(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-.:[]".utf8.contains(byte)
        }
    }
}

extension OriginList: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let text = self.patterns.map(\.text).joined(separator: " ")
        try container.encode(text.isEmpty ? "none" : text)
    }
}

/// What is wrong with a list of words, as the beginning of a sentence.
package struct WordListError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

private enum WordList {
    static func words(of text: String) -> [String] {
        text.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
    }
}

internal import Contract

/// All that is wrong with a configuration, in the order of the file.
package struct ConfigurationError: StartFailure, Hashable, Sendable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    /// Whether the file could not even be read.
    package let isUnreadable: Bool

    package init(_ problems: [ConfigurationProblem], isUnreadable: Bool = false) {
        self.problems = problems
        self.isUnreadable = isUnreadable
    }

    package var description: String { self.problems.map(\.description).joined(separator: "\n") }
    package var exitCode: Int32 { self.isUnreadable ? ExitStatus.noInput : ExitStatus.wrongConfiguration }
}

/// One thing that is wrong, or that this build passes over: where, at which key, and what to do, in a sentence.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    package let origin: SettingOrigin

    /// Keys from the top: `["relays", "live", "tick"]`; empty where the whole file is meant.
    package let path: [String]
    package let sentence: String

    package init(origin: SettingOrigin, path: [String] = [], sentence: String) {
        self.origin = origin
        self.path = path.map(Self.withoutSecrets)
        self.sentence = Self.withoutQuotedSecrets(sentence)
    }

    /// Problems are shown on pages and in logs. What was mistyped may hold a key where nobody expects one: the value of a
    /// parameter, or a password in front of `@`.
    private static func withoutSecrets(_ text: String) -> String {
        // Bytes, because a mark that combines with a sign makes another character of it.
        if text.utf8.contains(UInt8(ascii: "@")) { return "***" }
        guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return text }
        let value = text.utf8.index(after: sign)
        return value < text.endIndex ? text[..<value] + "***" : text
    }

    private static func withoutQuotedSecrets(_ sentence: String) -> String {
        let parts = sentence.utf8.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
        // What stands between quotes has an odd place.
        guard parts.count > 2 else { return sentence }
        return parts.enumerated().map { index, part in
            index % 2 == 1 && index < parts.count - 1 ? self.withoutSecrets("\(Substring(part))") : "\(Substring(part))"
        }.joined(separator: "'")
    }

    package var description: String {
        var parts = [self.origin.description]
        if !self.path.isEmpty { parts.append(self.path.joined(separator: ".")) }
        parts.append(self.sentence)
        return parts.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// Where a setting was written.
package enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
    case file(String, line: Int)
    case wholeFile(String)
    case environment(String)
    /// Nowhere: the standard value.
    case standard

    package var description: String {
        switch self {
        case .file(let name, let line): "\(name):\(line)"
        case .wholeFile(let name): name
        case .environment(let name): name
        case .standard: ""
        }
    }

    /// Lines first, in their order; then the environment.
    var rank: Int {
        switch self {
        case .wholeFile: -1
        case .file(_, let line): line
        case .environment, .standard: Int.max
        }
    }
}

/// What is refused before the YAML parser sees it: things that make small files expensive, and the commonest slip.
///
/// The parser hashes keys to find doubles, so keys made of nested aliases would cost time without bound.
enum YAMLGuard {
    /// Brackets open at once.
    static let nestingLimit = 16

    static func firstProblem(in text: String, file: String) -> ConfigurationProblem? {
        var nesting = 0
        var number = 0
        var block: Int?
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
            number += 1
            let indent = line.prefix { $0 == " " }.count
            if let outer = block {
                if indent > outer || line.allSatisfy({ $0 == " " }) { continue }
                block = nil
            }
            if nesting == 0, self.opensBlock(line) { block = indent }
            let content = self.withoutComment(line)
            if let sentence = self.problem(in: content, nesting: &nesting) {
                return ConfigurationProblem(origin: .file(file, line: number), sentence: sentence)
            }
        }
        return nil
    }

    private static func problem(in line: Substring, nesting: inout Int) -> String? {
        if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
            return "the line is indented with a tab; YAML wants spaces."
        }
        var previous: Character = " "
        var dashes = 0
        for character in line {
            if character == "&" || character == "*", " \t,[{:-?".contains(previous) {
                return "anchors and aliases (& and *) are not used here; write the value out, or in quotes."
            }
            switch character {
            case "[", "{": nesting += 1
            case "]", "}": nesting = max(0, nesting - 1)
            case "-", "?": dashes += 1
            default: break
            }
            guard nesting <= self.nestingLimit, dashes <= 256 else { return "the line nests too deep." }
            previous = character
        }
        return nil
    }

    /// Whether a text of several lines follows, `key: |`: it is taken as it is, deeper indented than its key.
    private static func opensBlock(_ line: Substring) -> Bool {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        let isKey = parts[0].drop { $0 == " " }.allSatisfy { $0.isLetter || $0.isNumber || "_-.".contains($0) }
        return isKey && ["|", "|-", "|+", ">", ">-", ">+"].contains(parts[1].filter { $0 != " " })
    }

    /// A quote before the mark may make it text, so then the line is looked at as a whole.
    private static func withoutComment(_ line: Substring) -> Substring {
        var previous: Character = " "
        for index in line.indices {
            let character = line[index]
            if character == "\"" || character == "'" { return line }
            if character == "#", previous == " " || previous == "\t" { return line[..<index] }
            previous = character
        }
        return line
    }
}

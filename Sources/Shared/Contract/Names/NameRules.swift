/// What all names have in common: they stand in addresses, file names, labels of metrics and log lines unescaped.
enum NameRules {
    static let lengthLimit = 64

    static func check(_ text: String, as kind: NameKind) throws(NameError) {
        guard !text.isEmpty else { throw .empty(kind) }
        let length = text.utf8.count
        guard length <= self.lengthLimit else { throw .tooLong(kind, length: length, limit: self.lengthLimit) }
        for character in text where !self.allows(character, in: kind) {
            throw .forbidden(kind, character: character)
        }
        guard let first = text.first, let last = text.last, self.isWord(first), self.isWord(last) else {
            throw .edge(kind)
        }
    }

    private static func allows(_ character: Character, in kind: NameKind) -> Bool {
        self.isWord(character) || character == "-" || character == "_" || (character == "." && kind == .stream)
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber)
    }
}

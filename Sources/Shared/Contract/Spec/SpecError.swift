/// Why a value in a spec was refused: the key it stands under, and a sentence for the person who wrote it.
package struct SpecError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Keys as the configuration spells them, from the relay down: `["limits", "viewers"]`.
    package let path: [String]
    package let sentence: String

    package init(_ path: String..., sentence: String) {
        self.path = path
        self.sentence = sentence
    }

    /// The same under a group of keys.
    package func under(_ path: String...) -> SpecError {
        SpecError(path: path + self.path, sentence: self.sentence)
    }

    package var description: String { "\(self.path.joined(separator: ".")): \(self.sentence)" }

    static func check<Value: Comparable & Sendable>(
        _ value: Value,
        in range: ClosedRange<Value>,
        _ path: String...
    ) throws(SpecError) {
        guard range.contains(value) else {
            throw SpecError(
                path: path,
                sentence: "\(value) is out of bounds: \(range.lowerBound) to \(range.upperBound)."
            )
        }
    }

    package init(path: [String], sentence: String) {
        self.path = path
        self.sentence = sentence
    }
}

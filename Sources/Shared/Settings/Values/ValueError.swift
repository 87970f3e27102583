/// Why a text is not a value of its kind, as a sentence that says how to write one.
package struct ValueError: Error, Hashable, Sendable, CustomStringConvertible {
    package let sentence: String

    package init(_ sentence: String) {
        self.sentence = sentence
    }

    package var description: String { self.sentence }
}

/// A password, or an address that is one: any text, which prints as `***` wherever it ends up.
package struct HiddenText: Hashable, Sendable {
    /// The text itself, for the one whom it is for. Never for a log.
    package let revealed: String

    package static let lengthLimit = 2048

    package init(_ text: String) throws(SpecError) {
        guard !text.isEmpty else { throw SpecError(sentence: "it is empty.") }
        guard text.utf8.count <= Self.lengthLimit else {
            throw SpecError(sentence: "it is longer than \(Self.lengthLimit) characters.")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
            throw SpecError(sentence: "it has a control character.")
        }
        self.revealed = text
    }
}

extension HiddenText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

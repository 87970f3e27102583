/// A name that was checked when it was made, and is text everywhere else: in addresses, configurations and messages.
package protocol ValidatedName: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    var rawValue: String { get }

    /// - Throws: what is wrong with the text, where it is no name of this kind.
    init(_ text: some StringProtocol) throws(NameError)
}

extension ValidatedName {
    package var description: String { self.rawValue }

    /// Whether a peer's text is this name, byte by byte: for Swift the Kelvin sign is a `K`.
    package func isSame(as text: some StringProtocol) -> Bool { self.rawValue.utf8.elementsEqual(text.utf8) }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.rawValue)
    }
}

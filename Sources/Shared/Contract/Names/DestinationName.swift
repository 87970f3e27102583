/// The name of a place a stream is pushed to: letters, digits, `-` and `_`, at most 64.
package struct DestinationName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: String

    package init(_ text: some StringProtocol) throws(NameError) {
        let text = String(text)
        try NameRules.check(text, as: .destination)
        self.rawValue = text
    }

    package var description: String { self.rawValue }

    package static func < (left: DestinationName, right: DestinationName) -> Bool { left.rawValue < right.rawValue }
}

extension DestinationName: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.rawValue)
    }
}

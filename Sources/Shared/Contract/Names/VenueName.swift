/// The name of a satellite venue: letters, digits, `-` and `_`, at most 64.
package struct VenueName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let rawValue: String

    package init(_ text: some StringProtocol) throws(NameError) {
        let text = String(text)
        try NameRules.check(text, as: .venue)
        self.rawValue = text
    }

    package var description: String { self.rawValue }

    package static func < (left: VenueName, right: VenueName) -> Bool { left.rawValue < right.rawValue }
}

extension VenueName: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.rawValue)
    }
}

/// What a caller says it wants from a listener of SRT. A key may stand in it, so it prints as `***`.
package struct SRTStreamID: Hashable, Sendable {
    package let revealed: String

    /// SRT_STREAMID takes no more, in bytes.
    package static let lengthLimit = 512

    package init(_ text: some StringProtocol) throws(SRTStreamIDError) {
        guard (1...Self.lengthLimit).contains(text.utf8.count), text.unicodeScalars.allSatisfy({ $0.value >= 0x20 })
        else { throw SRTStreamIDError() }
        self.revealed = String(text)
    }
}

package struct SRTStreamIDError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String { "A stream id has 1 to \(SRTStreamID.lengthLimit) characters, on one line." }
}

extension SRTStreamID: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension SRTStreamID: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.revealed)
    }
}

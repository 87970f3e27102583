/// One attempt of one publisher to send one stream: an encoder that reconnects gets another.
package struct SourceID: Hashable, Sendable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) {
        self.number = number
    }

    package var description: String { "source \(self.number)" }
}

package import Contract

/// Why a stream would not take a publisher, as a label and as a sentence for the person at the encoder.
package struct PublishDenial: Error, Hashable, Sendable {
    package let reason: PublishRefusal
    package let sentence: String

    package init(_ reason: PublishRefusal, _ sentence: String) {
        self.reason = reason
        self.sentence = sentence
    }
}

/// Why a stream would not be played, as a label and as a sentence for the person at the player.
package struct PlayDenial: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: PlayRefusal
    package let sentence: String

    package var description: String { self.sentence }

    package init(_ reason: PlayRefusal, _ sentence: String) {
        self.reason = reason
        self.sentence = sentence
    }
}

/// Something that has changed for people: a relay, a stream or a venue came to be in another state.
package struct HostEvent: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case relay, restart, stream, venue, configuration
    }

    package enum Level: String, Codable, Hashable, Sendable, CaseIterable {
        case good
        case warning
        case bad
    }

    package var kind: Kind
    package var level: Level

    /// `live`, `live/main`; for a venue `live/kyoto`. Empty where it is the host's.
    package var subject: String
    package var sentence: String
}

/// An event with its place among all.
package struct NumberedEvent: Codable, Hashable, Sendable {
    package var number: UInt64
    package var at: String
    package var kind: HostEvent.Kind
    package var level: HostEvent.Level
    package var subject: String
    package var sentence: String

    init(_ event: HostEvent, number: UInt64, at: String) {
        self.number = number
        self.at = at
        self.kind = event.kind
        self.level = event.level
        self.subject = event.subject
        self.sentence = event.sentence
    }
}

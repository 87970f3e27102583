/// Something that has changed for people: a source came or was lost, a relay, a stream or a venue came to be in another state,
/// somebody gave an order, or the host itself is in trouble.
package struct HostEvent: Codable, Hashable, Sendable {
    /// The raw values stand in answers and in the history: they never change.
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case relay, restart, stream, source, venue, configuration, certificate
        /// A place that a stream is sent to.
        case destination
        /// Something is wrong with a stream that leaves its picture and sound alone.
        case notice
        /// Somebody ended a viewer or a publisher, or had a relay replaced.
        case operation
        /// A publisher was turned away.
        case refusal
        case host, history, alert
    }

    package enum Level: String, Codable, Hashable, Sendable, CaseIterable {
        case good
        case warning
        case bad
    }

    package var kind: Kind
    package var level: Level

    /// `live`, `live/main`; for a venue `live/kyoto`, for a destination `live/main/box`. Empty where it is the host's.
    package var subject: String
    package var sentence: String

    /// What exactly it is, for programs: a state, or one of ``Code``.
    package var code: String?

    /// Why, as ``SourceLoss`` and ``EndingStatus`` name it.
    package var cause: String?

    /// How long nothing came or nobody served, where the event ends that.
    package var seconds: Double?

    /// Who gave the order.
    package var actor: String?

    /// Words of ``code`` that are no state.
    package enum Code {
        package static let came = "came"
        package static let lost = "lost"
        package static let back = "back"
        package static let ended = "ended"
        package static let replaced = "replaced"
        package static let started = "started"
        /// It was on air before the host started, and never stopped.
        package static let kept = "kept"
        /// What the last host knew of its streams cannot be read.
        package static let forgotten = "forgotten"
        /// Nothing is wrong with the host itself any more.
        package static let well = "well"
        /// Notices that nobody has to be woken for: text that is hard to read, a format that changed, what could be sooner.
        package static let advice: Set<String> = [
            "text_illegible", "format_changed", "interleave_gap", "profile_unusual", "reordering_deep",
        ]
    }

    package init(
        kind: Kind,
        level: Level,
        subject: String = "",
        sentence: String,
        code: String? = nil,
        cause: String? = nil,
        seconds: Double? = nil,
        actor: String? = nil
    ) {
        self.kind = kind
        self.level = level
        self.subject = subject
        self.sentence = sentence
        self.code = code
        self.cause = cause
        self.seconds = seconds
        self.actor = actor
    }

    /// The relay that it belongs to; empty where it is the host's.
    package var relay: String { String(self.subject.prefix { $0 != "/" }) }
}

/// An event with its place among all since the host started.
package struct NumberedEvent: Hashable, Sendable {
    package var number: UInt64

    /// µs since 1970-01-01 UTC.
    package var unix: Int64
    package var event: HostEvent

    package init(_ event: HostEvent, number: UInt64, unix: Int64) {
        self.number = number
        self.unix = unix
        self.event = event
    }
}

extension HostEvent {
    /// The sentence for whoever does not see what it is about: those of streams speak of the encoder alone.
    package static func line(_ sentence: String, of subject: String, kind: String) -> String {
        let isOfStream = kind == Kind.stream.rawValue || kind == Kind.notice.rawValue
        return isOfStream && !sentence.contains(subject) ? "\(subject): \(sentence)" : sentence
    }
}

/// An event as the history keeps it, and as the API gives it.
package struct RecordedEvent: Codable, Hashable, Sendable {
    /// Of the row; later ones are larger, over restarts of the host as well.
    package var id: Int

    /// RFC 3339, in UTC.
    package var at: String
    package var kind: String
    package var level: String
    package var subject: String
    package var sentence: String
    package var code: String?
    package var cause: String?
    package var seconds: Double?
    package var actor: String?

    package init(id: Int, unix: Int64, _ event: HostEvent) {
        self.id = id
        self.at = EventTime.text(unix)
        self.kind = event.kind.rawValue
        self.level = event.level.rawValue
        self.subject = event.subject
        self.sentence = event.sentence
        self.code = event.code
        self.cause = event.cause
        self.seconds = event.seconds
        self.actor = event.actor
    }

    /// For people: which stream it is about, and what there is to say.
    package var line: String { HostEvent.line(self.sentence, of: self.subject, kind: self.kind) }
}

package struct RecordedEvents: Codable, Hashable, Sendable {
    package var events: [RecordedEvent]

    /// The id to ask on from.
    package var last: Int

    package init(events: [RecordedEvent], last: Int) {
        self.events = events
        self.last = last
    }
}

/// Which events are asked for; the newest `limit` of them are given, the oldest first.
package struct EventQuery: Hashable, Sendable {
    /// Only rows with a larger id, the oldest first; nil: the newest.
    package var after: Int?

    /// µs since 1970-01-01 UTC.
    package var since: Int64?
    package var until: Int64?
    package var relay: String?
    package var limit: Int

    package static let standardLimit = 1000
    package static let mostRows = 20_000

    package init(
        after: Int? = nil,
        since: Int64? = nil,
        until: Int64? = nil,
        relay: String? = nil,
        limit: Int = Self.standardLimit
    ) {
        self.after = after
        self.since = since
        self.until = until
        self.relay = relay
        self.limit = min(max(limit, 1), Self.mostRows)
    }

    package func matches(_ unix: Int64, _ subject: String) -> Bool {
        if let since, unix < since { return false }
        if let until, unix >= until { return false }
        guard let relay else { return true }
        return subject == relay || subject.hasPrefix(relay + "/")
    }
}

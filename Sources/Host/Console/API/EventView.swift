import Events

/// An event as the console's pages are told it. Keys never change; new ones may come.
struct EventView: Codable, Hashable, Sendable {
    var number: UInt64
    var at: String
    var kind: String
    var level: String
    var subject: String
    var sentence: String
    var code: String?
    var cause: String?
    var seconds: Double?
    var actor: String?

    init(_ numbered: NumberedEvent) {
        let event = numbered.event
        self.number = numbered.number
        self.at = EventTime.text(numbered.unix)
        self.kind = event.kind.rawValue
        self.level = event.level.rawValue
        self.subject = event.subject
        self.sentence = event.sentence
        self.code = event.code
        self.cause = event.cause
        self.seconds = event.seconds
        self.actor = event.actor
    }
}

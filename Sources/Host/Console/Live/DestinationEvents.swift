import Contract
import Events

/// What is remembered of the places that a relay's streams are sent to, to find what has changed of them.
struct DestinationEvents: Sendable {
    /// By subject; those that are not failing are forgotten.
    private var failing: Set<String> = []

    mutating func look(at relay: RelayView, _ now: Int64) -> [DatedEvent] {
        // Where the relay tells nothing, nobody knows more than before.
        guard let destinations = relay.destinations else { return [] }
        var events: [DatedEvent] = []
        var gone = self.failing
        for destination in destinations {
            let subject = "\(relay.name)/\(destination.stream)/\(destination.destination)"
            gone.remove(subject)
            guard let level = self.change(destination, subject) else { continue }
            let event = HostEvent(
                kind: .destination,
                level: level,
                subject: subject,
                sentence: destination.sentence,
                code: destination.state,
                cause: destination.reason
            )
            events.append((event, now))
        }
        for subject in gone.sorted() {
            self.failing.remove(subject)
            let sentence = "The destination \(subject) is not in the configuration any more."
            let event = HostEvent(kind: .destination, level: .good, subject: subject, sentence: sentence, code: "gone")
            events.append((event, now))
        }
        return events
    }

    /// - Returns: How much of a trouble it has come to be; nil where nothing has changed.
    private mutating func change(_ destination: DestinationView, _ subject: String) -> HostEvent.Level? {
        switch DestinationState(rawValue: destination.state) {
        case .failing: self.failing.insert(subject).inserted ? .bad : nil
        // With the stream off air nothing is missing there.
        case .sending, .waiting: self.failing.remove(subject) == nil ? nil : .good
        case .starting, nil: nil
        }
    }
}

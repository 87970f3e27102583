import Contract

/// Finds what has changed between two looks at the host. It remembers one word for each relay, stream and venue that there is.
struct EventFinder: Sendable {
    fileprivate struct Relay: Sendable {
        var state: String
        var restarts: UInt64
        var streams: [String: String]
        var venues: [String: String]
    }

    private var relays: [String: Relay]?
    private var reloads: UInt64 = 0
    private var problem: String?

    /// - Returns: What has changed since the last look; nothing at the first.
    mutating func look(at host: HostView) -> [HostEvent] {
        defer {
            self.relays = Dictionary(host.relays.map { ($0.name, Relay($0)) }) { first, _ in first }
            self.reloads = host.configuration.reloads
            self.problem = host.configuration.problem
        }
        guard let relays = self.relays else { return [] }
        var events = self.configuration(host.configuration)
        for relay in host.relays {
            guard let before = relays[relay.name] else {
                let sentence = "The relay '\(relay.name)' was added."
                events.append(HostEvent(kind: .relay, level: .good, subject: relay.name, sentence: sentence))
                continue
            }
            events += Self.changes(before, relay)
        }
        let names = Set(host.relays.map(\.name))
        for name in relays.keys.sorted() where !names.contains(name) {
            let sentence = "The relay '\(name)' is gone."
            events.append(HostEvent(kind: .relay, level: .warning, subject: name, sentence: sentence))
        }
        return events
    }

    private func configuration(_ now: HostView.ConfigurationView) -> [HostEvent] {
        var events: [HostEvent] = []
        if now.reloads > self.reloads {
            let sentence = "The configuration was read again."
            events.append(HostEvent(kind: .configuration, level: .good, subject: "", sentence: sentence))
        }
        if let problem = now.problem, problem != self.problem {
            let sentence = "The newest configuration was refused; the one before it is in force."
            events.append(HostEvent(kind: .configuration, level: .bad, subject: "", sentence: sentence))
        }
        return events
    }

    private static func changes(_ before: Relay, _ relay: RelayView) -> [HostEvent] {
        var events: [HostEvent] = []
        if relay.restarts > before.restarts {
            let cause = relay.lastEnding?.sentence ?? "nobody knows why"
            let sentence = "An instance of the relay '\(relay.name)' ended: \(cause)\(cause.hasSuffix(".") ? "" : ".")"
            let isMeant = relay.lastEnding?.cause == EndingCause.replaced.rawValue
            events.append(
                HostEvent(kind: .restart, level: isMeant ? .warning : .bad, subject: relay.name, sentence: sentence)
            )
        }
        if relay.state != before.state {
            let level: HostEvent.Level = relay.ready ? .good : .bad
            events.append(HostEvent(kind: .relay, level: level, subject: relay.name, sentence: relay.sentence))
        }
        for stream in relay.streams where before.streams[stream.stream] ?? StreamState.waiting != stream.state {
            let level: HostEvent.Level =
                switch stream.state {
                case "live": .good
                case "degraded", "starting", StreamState.waiting: .warning
                default: .bad
                }
            let subject = "\(relay.name)/\(stream.stream)"
            events.append(HostEvent(kind: .stream, level: level, subject: subject, sentence: stream.sentence))
        }
        for venue in relay.venues ?? [] where before.venues[venue.venue] ?? VenueState.unseen.rawValue != venue.state {
            let level: HostEvent.Level =
                switch VenueState(rawValue: venue.state) {
                case .green: .good
                case .red: .bad
                case .amber, .unseen, nil: .warning
                }
            let subject = "\(relay.name)/\(venue.venue)"
            events.append(HostEvent(kind: .venue, level: level, subject: subject, sentence: venue.sentence))
        }
        return events
    }

    private enum StreamState {
        /// Of one that nobody has published to: its being listed is no news.
        static let waiting = "waiting"
    }
}

extension EventFinder.Relay {
    init(_ relay: RelayView) {
        self.init(
            state: relay.state,
            restarts: relay.restarts,
            streams: Dictionary(relay.streams.map { ($0.stream, $0.state) }) { first, _ in first },
            venues: Dictionary((relay.venues ?? []).map { ($0.venue, $0.state) }) { first, _ in first }
        )
    }
}

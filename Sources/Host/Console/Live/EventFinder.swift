import Contract
import Events
import Health

/// An event, and when it happened, µs since 1970-01-01 UTC.
typealias DatedEvent = (event: HostEvent, unix: Int64)

/// Finds what has changed between two looks at the host. It remembers a little of each relay, stream and venue that there is.
struct EventFinder: Sendable {
    private struct Relay: Sendable {
        /// How it stands with it as a whole, as it was told last.
        var state: String
        /// Since when it has been silent without that having been told, µs since 1970-01-01 UTC.
        var silentAt: Int64?
        var restarts: UInt64
        /// When the last instance ended; nil once the relay has served again.
        var endedAt: Int64?
        var streams: [String: StreamEvents] = [:]
        var venues: [String: String] = [:]
        var destinations = DestinationEvents()
    }

    private var relays: [String: Relay]?
    private var reloads: UInt64 = 0
    private var problem: String?
    private var certificate: String?
    private var process: String?

    /// - Returns: What has changed since the last look; at the first, what is wrong, and who was on air before the host started.
    mutating func look(at host: HostView) -> [DatedEvent] {
        let now = EventTime.unix(host.now) ?? 0
        let start = EventTime.unix(host.startedAt) ?? 0
        defer {
            self.reloads = host.configuration.reloads
            self.problem = host.configuration.problem
        }
        guard let before = self.relays else {
            var events = (self.certificate(host.certificate) + self.process(host.process)).map { ($0, now) }
            var kept: [String: Relay] = [:]
            for relay in host.relays {
                let (memory, found) = Self.first(relay, now, hostStart: start)
                kept[relay.name] = memory
                events += found
            }
            self.relays = kept
            return events
        }
        var events =
            (self.configuration(host.configuration) + self.certificate(host.certificate) + self.process(host.process))
            .map { ($0, now) }
        var kept: [String: Relay] = [:]
        for relay in host.relays {
            guard var memory = before[relay.name] else {
                let sentence = "The relay '\(relay.name)' was added."
                events.append((HostEvent(kind: .relay, level: .good, subject: relay.name, sentence: sentence), now))
                let (memory, found) = Self.first(relay, now, hostStart: start)
                kept[relay.name] = memory
                events += found
                continue
            }
            events += Self.changes(&memory, relay, now, hostStart: start)
            kept[relay.name] = memory
        }
        for name in before.keys.sorted() where kept[name] == nil {
            let sentence = "The relay '\(name)' is gone."
            let event = HostEvent(kind: .relay, level: .warning, subject: name, sentence: sentence, code: "gone")
            events.append((event, now))
        }
        self.relays = kept
        return events
    }

    private static func first(_ relay: RelayView, _ now: Int64, hostStart: Int64) -> (Relay, [DatedEvent]) {
        var memory = Relay(state: Self.state(relay), restarts: relay.restarts)
        let events = self.changes(&memory, relay, now, hostStart: hostStart)
        return (memory, events.filter { self.isNewsAtFirst($0.event) })
    }

    /// What is well at the first look is no news. What is wrong is: whoever was told of it before the host started would
    /// take it for over.
    private static func isNewsAtFirst(_ event: HostEvent) -> Bool {
        switch event.kind {
        case .source: event.code == HostEvent.Code.kept
        case .stream, .notice: event.level != .good
        case .venue, .destination: event.level == .bad
        default: false
        }
    }

    private func configuration(_ now: HostView.ConfigurationView) -> [HostEvent] {
        var events: [HostEvent] = []
        if now.reloads > self.reloads {
            let sentence = "The configuration was read again."
            events.append(HostEvent(kind: .configuration, level: .good, sentence: sentence))
        }
        if let problem = now.problem, problem != self.problem {
            let sentence = "The newest configuration was refused; the one before it is in force."
            events.append(HostEvent(kind: .configuration, level: .bad, sentence: sentence, code: "refused"))
        }
        return events
    }

    /// One that is good at the first look is no news; one that ends soon is.
    private mutating func certificate(_ certificate: HostView.Certificate?) -> [HostEvent] {
        let state = certificate?.state ?? Self.goodCertificate
        defer { self.certificate = state }
        guard state != self.certificate ?? Self.goodCertificate else { return [] }
        let isGood = state == Self.goodCertificate
        return [
            HostEvent(
                kind: .certificate,
                level: isGood ? .good : .bad,
                sentence: certificate?.sentence ?? "No certificate is shown any more.",
                code: state
            )
        ]
    }

    private static let goodCertificate = "good"

    /// What of the process has no events of its own: the certificate, the configuration and the history have.
    private static let ownFaults: Set<ProcessFault> = [
        .loopStuck, .helperStuck, .descriptorsShort, .alertsUndelivered, .historyLost,
    ]

    private mutating func process(_ process: HostView.Process?) -> [HostEvent] {
        let worst = process?.faults.first { fault in Self.ownFaults.contains { $0.rawValue == fault.fault } }
        let code = worst?.fault ?? HostEvent.Code.well
        defer { self.process = code }
        guard code != self.process ?? HostEvent.Code.well else { return [] }
        guard let worst else {
            let sentence = "The host itself is well again."
            return [HostEvent(kind: .host, level: .good, sentence: sentence, code: code)]
        }
        return [HostEvent(kind: .host, level: .bad, sentence: worst.sentence, code: code)]
    }

    private static func changes(
        _ before: inout Relay,
        _ relay: RelayView,
        _ now: Int64,
        hostStart: Int64
    ) -> [DatedEvent] {
        var events = self.restarts(&before, relay, now) + self.condition(&before, relay, now)
        var streams: [String: StreamEvents] = [:]
        for stream in relay.streams {
            var memory = before.streams[stream.stream] ?? StreamEvents()
            events += memory.look(at: stream, of: relay, now, hostStart: hostStart)
            streams[stream.stream] = memory
        }
        before.streams = streams
        var venues: [String: String] = [:]
        for venue in relay.venues ?? [] {
            venues[venue.venue] = venue.state
            guard before.venues[venue.venue] ?? VenueState.unseen.rawValue != venue.state else { continue }
            let level: HostEvent.Level =
                switch VenueState(rawValue: venue.state) {
                case .green: .good
                case .red: .bad
                case .amber, .unseen, nil: .warning
                }
            let subject = "\(relay.name)/\(venue.venue)"
            let event = HostEvent(
                kind: .venue,
                level: level,
                subject: subject,
                sentence: venue.sentence,
                code: venue.state
            )
            events.append((event, now))
        }
        before.venues = venues
        events += before.destinations.look(at: relay, now)
        return events
    }

    private static func state(_ relay: RelayView) -> String { relay.health?.state ?? relay.state }

    private static let silences: Set<String> = [RelayCondition.silent.rawValue, RelayCondition.starved.rawValue]

    /// One that falls silent is heard again or replaced within two seconds: only a silence that lasts longer is told, µs.
    private static let silencePatience: Int64 = 3_000_000

    private static func condition(_ before: inout Relay, _ relay: RelayView, _ now: Int64) -> [DatedEvent] {
        let state = self.state(relay)
        if state != before.state, self.silences.contains(state) {
            let since = before.silentAt ?? now
            before.silentAt = since
            let lasts = now < since || now - since >= self.silencePatience
            guard lasts, relay.health?.reason != RelayReason.reporting.code else { return [] }
        }
        before.silentAt = nil
        guard state != before.state else { return [] }
        before.state = state
        let level: HostEvent.Level = state == RelayCondition.serving.rawValue ? .good : .bad
        let event = HostEvent(kind: .relay, level: level, subject: relay.name, sentence: relay.sentence, code: state)
        return [(event, now)]
    }

    private static func restarts(_ before: inout Relay, _ relay: RelayView, _ now: Int64) -> [DatedEvent] {
        defer { before.restarts = relay.restarts }
        let ended = relay.lastEnding.flatMap { EventTime.unix($0.at) } ?? now
        guard relay.restarts > before.restarts else {
            // Nobody served from the end of the last instance to now.
            guard relay.ready, let endedAt = before.endedAt else { return [] }
            before.endedAt = nil
            return [self.served(relay, after: self.silence(relay, from: endedAt, now), now)]
        }
        let cause = relay.lastEnding?.sentence ?? "nobody knows why"
        var sentence = "An instance of the relay '\(relay.name)' ended: \(cause)\(cause.hasSuffix(".") ? "" : ".")"
        let silence = relay.ready ? self.silence(relay, from: ended, now) : nil
        before.endedAt = relay.ready ? nil : ended
        if let silence, silence >= 0.05 { sentence += " Nobody served for \(EventWords.span(silence))." }
        let isMeant = relay.lastEnding?.cause == EndingCause.replaced.rawValue
        let event = HostEvent(
            kind: .restart,
            level: isMeant ? .warning : .bad,
            subject: relay.name,
            sentence: sentence,
            code: isMeant ? HostEvent.Code.replaced : HostEvent.Code.ended,
            cause: relay.lastEnding?.cause,
            seconds: silence
        )
        return [(event, ended)]
    }

    private static func served(_ relay: RelayView, after silence: Double, _ now: Int64) -> DatedEvent {
        let sentence = "The relay '\(relay.name)' serves again, after \(EventWords.span(silence))."
        let event = HostEvent(
            kind: .restart,
            level: .good,
            subject: relay.name,
            sentence: sentence,
            code: HostEvent.Code.back,
            seconds: silence
        )
        return (event, now)
    }

    /// Seconds from an instance's end until the next took connections; 0 where that did before.
    private static func silence(_ relay: RelayView, from ended: Int64, _ now: Int64) -> Double {
        let started = relay.instance.flatMap { EventTime.unix($0.startedAt) } ?? now
        let ready = Double(started) / 1_000_000 + (relay.instance?.startSeconds ?? 0)
        return max(ready - Double(ended) / 1_000_000, 0)
    }
}

/// The account of a relay's session: what was on air when, what was missing and why, and what each room had of it. Keys never
/// change; new ones may come. Times are RFC 3339, in UTC.
package struct RelayReport: Codable, Hashable, Sendable {
    package var relay: String
    package var since: String
    package var until: String
    package var streams: [Stream]
    package var restarts: [Restart]
    package var rooms: [Room]

    /// All that happened, the oldest first.
    package var events: [RecordedEvent]

    /// Whether there was more than is shown.
    package var shortened: Bool

    package struct Stream: Codable, Hashable, Sendable {
        package var stream: String
        package var onAirSeconds: Double
        package var missingSeconds: Double
        package var gaps: [Gap]

        /// What it was to its viewers, one after the other.
        package var states: [Span]
    }

    package struct Gap: Codable, Hashable, Sendable {
        package var from: String
        /// Absent where it lasts still.
        package var until: String?
        package var seconds: Double
        package var cause: String
        package var sentence: String
    }

    package struct Span: Codable, Hashable, Sendable {
        package var from: String
        package var until: String
        package var seconds: Double
        package var state: String
        package var sentence: String
    }

    package struct Restart: Codable, Hashable, Sendable {
        package var at: String
        package var cause: String
        /// For how long nobody served; absent where nobody knows.
        package var seconds: Double?
        package var sentence: String
    }

    package struct Room: Codable, Hashable, Sendable {
        package var venue: String
        package var sentence: String
        package var seenSeconds: Double
        package var missedSeconds: Double
        package var stalls: Int
        package var medianLatency: Double?
        package var missed: [Span]
        package var minutes: [VenueMinute]
    }
}

/// Makes the account out of what was written down.
package struct ReportMaker: Sendable {
    private let relay: String
    private let since: Int64
    private let until: Int64

    private struct Open {
        var from: Int64
        var state: String
        var sentence: String
    }

    /// A stream that was on air when the host ended: it is missed from there on, unless the next host finds it on air.
    private struct Interruption {
        var onAirSince: Int64
        var gap: Open
    }

    private struct StreamTally {
        var state: Open?
        var states: [RelayReport.Span] = []
        var onAirSince: Int64?
        var onAir = 0.0
        var gap: Open?
        var gaps: [RelayReport.Gap] = []
        var interruption: Interruption?
    }

    private struct RoomTally {
        var state: Open?
        var spans: [RelayReport.Span] = []
    }

    private var streams: [String: StreamTally] = [:]
    private var rooms: [String: RoomTally] = [:]
    private var restarts: [RelayReport.Restart] = []

    package init(relay: String, since: Int64, until: Int64) {
        self.relay = relay
        self.since = since
        self.until = max(until, since)
    }

    /// Makes the account.
    ///
    /// - Parameters:
    ///   - prior: The last of each kind and subject before the session began.
    ///   - events: Of the session, the oldest first; those of the host among them.
    ///   - minutes: What the rooms reported.
    ///   - shortened: Whether there were more events than these.
    /// - Returns: The account.
    package mutating func report(
        prior: [RecordedEvent],
        events: [RecordedEvent],
        minutes: [VenueMinute],
        shortened: Bool
    ) -> RelayReport {
        for event in prior { self.take(event, at: self.since) }
        // What lay before is told by what it led to alone.
        for name in self.streams.keys { self.streams[name]?.gaps = [] }
        self.restarts = []
        var last = self.since
        for event in events {
            let at = min(max(EventTime.unix(event.at) ?? last, self.since), self.until)
            if event.kind == HostEvent.Kind.host.rawValue {
                switch event.code {
                // A host that died without a word was there until the last that it wrote.
                case HostEvent.Code.started: self.interrupt(at: last)
                case HostEvent.Code.ended: self.interrupt(at: at)
                // One that is in trouble is there.
                default: break
                }
            } else {
                self.take(event, at: at)
            }
            last = max(at, last)
        }
        self.closeAll()
        return RelayReport(
            relay: self.relay,
            since: EventTime.text(self.since),
            until: EventTime.text(self.until),
            streams: self.streams.sorted { $0.key < $1.key }.map { name, tally in
                RelayReport.Stream(
                    stream: name,
                    onAirSeconds: tally.onAir,
                    missingSeconds: tally.gaps.reduce(0) { $0 + $1.seconds },
                    gaps: tally.gaps,
                    states: tally.states
                )
            },
            restarts: self.restarts,
            rooms: self.rooms(minutes),
            events: events,
            shortened: shortened
        )
    }

    private mutating func take(_ event: RecordedEvent, at: Int64) {
        let name = String(event.subject.drop { $0 != "/" }.dropFirst())
        switch HostEvent.Kind(rawValue: event.kind) {
        case .stream:
            var tally = self.streams[name] ?? StreamTally()
            self.close(&tally.state, into: &tally.states, at: at)
            tally.state = Open(from: at, state: event.code ?? event.level, sentence: event.sentence)
            self.streams[name] = tally
        case .source:
            var tally = self.streams[name] ?? StreamTally()
            self.source(event, &tally, at: at)
            self.streams[name] = tally
        case .venue:
            var tally = self.rooms[name] ?? RoomTally()
            self.close(&tally.state, into: &tally.spans, at: at)
            tally.state = Open(from: at, state: event.code ?? event.level, sentence: event.sentence)
            self.rooms[name] = tally
        case .restart: self.restart(event)
        case .relay, .configuration, .certificate, .destination, .notice, .operation, .refusal, .host, .history, .alert,
            nil:
            break
        }
    }

    private mutating func restart(_ event: RecordedEvent) {
        if event.code == HostEvent.Code.back {
            guard let index = self.restarts.indices.last, self.restarts[index].seconds == nil else { return }
            self.restarts[index].seconds = event.seconds
        } else {
            let cause = event.cause ?? "unknown"
            self.restarts.append(
                RelayReport.Restart(at: event.at, cause: cause, seconds: event.seconds, sentence: event.sentence)
            )
        }
    }

    private func source(_ event: RecordedEvent, _ tally: inout StreamTally, at: Int64) {
        if event.code == HostEvent.Code.kept, let interruption = tally.interruption {
            tally.onAirSince = interruption.onAirSince
            tally.interruption = nil
        }
        self.settle(&tally)
        switch event.code {
        case HostEvent.Code.lost, HostEvent.Code.ended:
            self.leave(&tally, at: at)
            guard event.code == HostEvent.Code.lost else { return }
            tally.gap = Open(from: at, state: event.cause ?? "unknown", sentence: event.sentence)
        default:
            self.closeGap(&tally, at: at)
            tally.onAirSince = tally.onAirSince ?? at
        }
    }

    /// Nobody has found it on air: it was missing from the host's end on.
    private func settle(_ tally: inout StreamTally) {
        guard let interruption = tally.interruption else { return }
        tally.interruption = nil
        tally.onAir += Self.seconds(from: interruption.onAirSince, to: interruption.gap.from)
        tally.gap = interruption.gap
    }

    private func leave(_ tally: inout StreamTally, at: Int64) {
        if let start = tally.onAirSince { tally.onAir += Self.seconds(from: start, to: at) }
        tally.onAirSince = nil
    }

    private func closeGap(_ tally: inout StreamTally, at: Int64, isOpen: Bool = false) {
        guard let gap = tally.gap else { return }
        tally.gap = nil
        tally.gaps.append(
            RelayReport.Gap(
                from: EventTime.text(gap.from),
                until: isOpen ? nil : EventTime.text(at),
                seconds: Self.seconds(from: gap.from, to: at),
                cause: gap.state,
                sentence: gap.sentence
            )
        )
    }

    /// The host itself was gone: whoever was on air is missed from there on, unless it turns out to be on air still.
    private mutating func interrupt(at: Int64) {
        for name in self.streams.keys {
            guard var tally = self.streams[name] else { continue }
            self.close(&tally.state, into: &tally.states, at: at)
            if let start = tally.onAirSince {
                tally.onAirSince = nil
                let gap = Open(from: at, state: "host_ended", sentence: "The host ended.")
                tally.interruption = Interruption(onAirSince: start, gap: gap)
            }
            self.streams[name] = tally
        }
        for name in self.rooms.keys {
            guard var tally = self.rooms[name] else { continue }
            self.close(&tally.state, into: &tally.spans, at: at)
            self.rooms[name] = tally
        }
    }

    private mutating func closeAll() {
        for name in self.streams.keys {
            guard var tally = self.streams[name] else { continue }
            self.close(&tally.state, into: &tally.states, at: self.until)
            self.settle(&tally)
            self.leave(&tally, at: self.until)
            self.closeGap(&tally, at: self.until, isOpen: true)
            self.streams[name] = tally
        }
        for name in self.rooms.keys {
            guard var tally = self.rooms[name] else { continue }
            self.close(&tally.state, into: &tally.spans, at: self.until)
            self.rooms[name] = tally
        }
    }

    private func close(_ open: inout Open?, into spans: inout [RelayReport.Span], at: Int64) {
        guard let state = open else { return }
        open = nil
        guard at > state.from else { return }
        spans.append(
            RelayReport.Span(
                from: EventTime.text(state.from),
                until: EventTime.text(at),
                seconds: Self.seconds(from: state.from, to: at),
                state: state.state,
                sentence: state.sentence
            )
        )
    }

    private func rooms(_ minutes: [VenueMinute]) -> [RelayReport.Room] {
        let reported = Dictionary(grouping: minutes, by: \.venue)
        return Set(self.rooms.keys).union(reported.keys).sorted().map { venue in
            let spans = self.rooms[venue]?.spans ?? []
            let missed = spans.filter { $0.state == "red" }
            let own = (reported[venue] ?? []).sorted { $0.at < $1.at }
            let latencies = own.compactMap(\.medianLatency).sorted()
            let seen = spans.filter { $0.state == "green" || $0.state == "amber" }.reduce(0) { $0 + $1.seconds }
            let lost = missed.reduce(0) { $0 + $1.seconds }
            let stalls = own.reduce(0) { $0 + $1.stalls }
            return RelayReport.Room(
                venue: venue,
                sentence: Self.sentence(venue, seen: seen, missed: missed, lost, stalls),
                seenSeconds: seen,
                missedSeconds: lost,
                stalls: stalls,
                medianLatency: latencies.isEmpty ? nil : latencies[latencies.count / 2],
                missed: missed,
                minutes: own
            )
        }
    }

    private static func sentence(
        _ venue: String,
        seen: Double,
        missed: [RelayReport.Span],
        _ lost: Double,
        _ stalls: Int
    ) -> String {
        guard seen > 0 || lost > 0 else { return "\(venue) was not seen." }
        let stalled = stalls == 0 ? "" : " It stalled \(stalls == 1 ? "once" : "\(stalls) times")."
        guard lost > 0 else { return "\(venue) was there for \(EventSpan.text(seen)) and missed nothing.\(stalled)" }
        let times = missed.count == 1 ? "once" : "\(missed.count) times"
        return "\(venue) was there for \(EventSpan.text(seen)) and was without the picture \(times), "
            + "for \(EventSpan.text(lost)).\(stalled)"
    }

    private static func seconds(from: Int64, to: Int64) -> Double { max(Double(to) - Double(from), 0) / 1_000_000 }
}

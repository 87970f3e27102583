internal import Console
package import Events

/// What `transponder events` prints: a line for each event, `14:03:10 live/main lost its source (connection broke), back
/// 14:05:31`.
package struct EventLines: Sendable {
    private let local: LocalTime
    /// The day of the last line; days are told apart by a line of their own.
    private var day = ""

    /// - Parameter zone: The name of a zone of time; nil: the one of this machine.
    package init(zone: String? = nil) {
        self.local = LocalTime(zone: zone)
    }

    /// The lines of events that are all there: a loss says when it was over, and that is then no line of its own.
    package mutating func lines(_ events: [RecordedEvent]) -> [String] {
        var ends: [Int: RecordedEvent] = [:]
        var folded: Set<Int> = []
        var open: [String: Int] = [:]
        for event in events where event.kind == HostEvent.Kind.source.rawValue {
            switch event.code {
            case HostEvent.Code.lost: open[event.subject] = event.id
            case HostEvent.Code.back:
                guard let lost = open.removeValue(forKey: event.subject) else { continue }
                ends[lost] = event
                folded.insert(event.id)
            default: open[event.subject] = nil
            }
        }
        return events.filter { !folded.contains($0.id) }.flatMap { self.lines($0, end: ends[$0.id]) }
    }

    /// The lines of one event, as it comes.
    package mutating func lines(_ event: RecordedEvent, end: RecordedEvent? = nil) -> [String] {
        let (day, time) = self.time(event.at)
        var sentence = StatusTable.plain(event.line)
        if let end {
            while sentence.hasSuffix(".") { sentence.removeLast() }
            let (other, back) = self.time(end.at)
            sentence += ", back \(other == day ? back : "\(other) \(back)")"
        }
        let line = "\(time) \(sentence)"
        defer { self.day = day }
        return day == self.day ? [line] : [day, line]
    }

    private func time(_ text: String) -> (day: String, time: String) {
        EventTime.unix(text).map(self.local.parts) ?? ("", StatusTable.plain(text))
    }
}

/// What `transponder report` prints.
package struct ReportText: Sendable {
    private let report: RelayReport
    private var lines: EventLines

    package init(_ report: RelayReport, zone: String? = nil) {
        self.report = report
        self.lines = EventLines(zone: zone)
    }

    package func text() -> String {
        var lines = self.lines
        var text = [
            "The relay '\(StatusTable.plain(self.report.relay))', \(self.report.since) to \(self.report.until)", "",
        ]
        for stream in self.report.streams {
            let missing = stream.gaps.isEmpty ? "nothing missing" : "\(EventSpan.text(stream.missingSeconds)) missing"
            text.append(
                "\(StatusTable.plain(stream.stream)): on air for \(EventSpan.text(stream.onAirSeconds)), \(missing)"
            )
        }
        for restart in self.report.restarts { text.append(StatusTable.plain(restart.sentence)) }
        for room in self.report.rooms { text.append(StatusTable.plain(room.sentence)) }
        if self.report.streams.isEmpty, self.report.rooms.isEmpty { text.append("Nothing was written of it.") }
        text.append("")
        text += lines.lines(self.report.events)
        if self.report.shortened { text.append("There was more; name a shorter time with --since and --until.") }
        return text.joined(separator: "\n")
    }
}

package import Console
internal import Health

/// What `transponder status` prints: a row for each relay, under it one for each stream and its sentence.
package struct StatusTable: Sendable {
    private let view: HostView

    package init(_ view: HostView) {
        self.view = view
    }

    package func text() -> String {
        var lines = self.heading
        let rows = [Self.titles] + self.view.relays.flatMap(self.rows)
        let widths = Self.titles.cells.indices.map { column in rows.map { $0.cells[column].count }.max() ?? 0 }
        lines.append("")
        for row in rows {
            let cells = zip(row.cells, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            lines.append(Self.trimmed(cells.joined(separator: "  ")))
            lines += row.notes.map { "    \($0)" }
        }
        if self.view.relays.isEmpty { lines.append("No relay is configured.") }
        return lines.joined(separator: "\n")
    }

    /// The text cut to a window: long lines at their end, and the last lines where there are too many.
    package static func fitted(_ text: String, rows: Int, columns: Int) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.count <= columns ? String(line) : line.prefix(max(columns - 1, 0)) + "…"
        }
        guard lines.count > rows, rows > 1 else { return lines.joined(separator: "\n") }
        let left = lines.count - rows + 1
        let rest = "… \(left) more lines: make the window taller, or see transponder status"
        return (lines.prefix(rows - 1) + [String(rest.prefix(columns))]).joined(separator: "\n")
    }

    private struct Row {
        var cells: [String]
        var notes: [String] = []

    }

    private static let titles = Row(
        cells: ["RELAY/STREAM", "STATE", "SINCE", "SOURCE", "VIEWERS", "BITRATE", "RESTARTS"]
    )

    private var heading: [String] {
        let now = self.view.now
        let ports = self.view.listeners.map { "\($0.name) \(Self.plain($0.address ?? "closed"))" }
        var lines = [
            "transponder \(Self.plain(self.view.version)), up \(Phrases.age(from: self.view.startedAt, to: now))"
                + (self.view.pid > 0 ? ", process \(self.view.pid)" : "") + ", isolation \(self.view.isolation)"
                + (ports.isEmpty ? "" : ", " + ports.joined(separator: ", "))
        ]
        lines.append(Self.plain(self.view.sentence))
        if let problem = self.view.configuration.problem {
            lines.append("The newest configuration was refused; the one before it is in force:")
            lines += problem.split(separator: "\n").map { "    \(Self.plain(String($0)))" }
        }
        lines += self.troubles.filter { !self.view.sentence.hasPrefix($0) }.map(Self.plain)
        lines += self.view.configuration.deferred.map { "After the next start: \(Self.plain($0))" }
        return lines
    }

    /// What is wrong with the process itself; of hosts that do not say, what is known of its parts.
    private var troubles: [String] {
        let unreached = (self.view.alerts?.receivers ?? []).compactMap(\.trouble)
        guard let process = self.view.process else {
            let certificate = self.view.certificate.flatMap { $0.state == "good" ? nil : $0.sentence }
            return [certificate].compactMap(\.self) + unreached + [self.view.history?.trouble].compactMap(\.self)
        }
        // What is wrong with the configuration stands above, and of receivers each has its own words.
        let told: Set<String> = [ProcessFault.configurationRefused.rawValue, ProcessFault.alertsUndelivered.rawValue]
        return process.faults.filter { !told.contains($0.fault) }.map(\.sentence) + unreached
    }

    private func rows(_ relay: RelayView) -> [Row] {
        let isWell = relay.ready && relay.health.map { $0.state == RelayCondition.serving.rawValue } ?? true
        var notes = isWell ? [] : [Self.plain(relay.sentence)]
        if isWell, let ending = relay.lastEnding {
            notes.append(
                "The last instance ended \(Phrases.age(from: ending.at, to: self.view.now)) ago: "
                    + Self.plain(ending.sentence)
            )
        }
        notes += relay.problems.map { "\(relay.name): \(Self.plain($0))" }
        notes += relay.deferred.map { "After transponder replace \(relay.name): \(Self.plain($0))" }
        let own = Row(
            cells: [
                relay.name, relay.state.replacing("_", with: " "), Phrases.age(from: relay.since, to: self.view.now),
                "", "\(relay.viewers)",
                relay.bitrate > 0 ? Phrases.bitrate(relay.bitrate) : "-", "\(relay.restarts)",
            ],
            notes: notes
        )
        return [own] + relay.streams.map(self.row) + (relay.venues ?? []).map(self.row)
    }

    /// A screen that nobody has opened yet has no figures.
    private func row(_ venue: VenueView) -> Row {
        Row(
            cells: [
                "  venue \(venue.venue)", venue.state, Phrases.age(from: venue.since, to: self.view.now), "-", "",
                venue.arriving.map(Phrases.bitrate) ?? "-", "",
            ],
            notes: [Self.plain(venue.sentence)]
        )
    }

    private func row(_ stream: StreamView) -> Row {
        let source = stream.source.map { source in
            let encoder = source.encoder.map { " (\(Self.short(Self.plain($0))))" } ?? ""
            return "\(source.protocol) \(Self.plain(source.address))\(encoder)"
        }
        return Row(
            cells: [
                "  \(stream.stream)", stream.state, Phrases.age(from: stream.since, to: self.view.now), source ?? "-",
                "\(stream.viewers)", stream.bitrate > 0 ? Phrases.bitrate(stream.bitrate) : "-", "",
            ],
            notes: [Self.plain(stream.sentence)] + self.omissions(stream)
        )
    }

    /// What is left out and not said in the sentence already.
    private func omissions(_ stream: StreamView) -> [String] {
        var told: [String] = []
        for omission in stream.omissions ?? [] where !stream.sentence.contains(omission.sentence) {
            let note = "Left out\(omission.format.map { " in \($0)" } ?? ""): \(Self.plain(omission.sentence))"
            if !told.contains(note) { told.append(note) }
        }
        return told
    }

    private static func short(_ text: String) -> String { text.count <= 24 ? text : text.prefix(23) + "…" }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// What an encoder calls itself may hold anything, codes that move a terminal's cursor included.
    package static func plain(_ text: String) -> String {
        var plain = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                plain += "\u{fffd}"
            default: plain.unicodeScalars.append(scalar)
            }
        }
        return plain
    }
}

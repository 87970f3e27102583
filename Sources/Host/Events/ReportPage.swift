internal import Crypto
internal import FoundationEssentials

/// The account of a session as a page that needs nothing else: no script, no file beside it.
package struct ReportPage: Sendable {
    private let report: RelayReport
    private let time: LocalTime
    private let since: Int64
    private let until: Int64

    /// Of the plots, in units of the page.
    private static let width = 960.0
    private static let barHeight = 26.0
    private static let plotHeight = 120.0

    /// Events that the page shows: the newest.
    private static let eventLimit = 2000

    package init(_ report: RelayReport, time: LocalTime = LocalTime()) {
        self.report = report
        self.time = time
        self.since = EventTime.unix(report.since) ?? 0
        self.until = max(EventTime.unix(report.until) ?? 0, self.since + 1_000_000)
    }

    /// What a browser may do with the page: nothing but show it.
    package static var policy: String {
        let hash = Data(SHA256.hash(data: Array(self.style.utf8))).base64EncodedString()
        return "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'"
    }

    package func html() -> String {
        let title = "The session of '\(self.report.relay)'"
        let (day, start) = self.time.parts(self.since)
        let (lastDay, end) = self.time.parts(self.until)
        let span = EventSpan.text(Double(self.until - self.since) / 1_000_000)
        var body = "<h1>\(Self.escaped(title))</h1>\n<p class=\"when\">\(day) \(start) – "
        body += "\(lastDay == day ? "" : lastDay + " ")\(end), \(span), times of \(Self.escaped(self.time.zone))</p>\n"
        body += self.streams + self.restarts + self.rooms + self.events
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="color-scheme" content="light dark"><title>\(Self.escaped(title))</title>
            <style>\(Self.style)</style></head><body><main>
            \(body)</main></body></html>

            """
    }

    // MARK: - Streams

    private var streams: String {
        guard !self.report.streams.isEmpty else { return "<p>No stream was published.</p>\n" }
        return self.report.streams.map { stream in
            let gaps = stream.gaps.isEmpty ? "nothing missing" : "\(EventSpan.text(stream.missingSeconds)) missing"
            var text =
                "<section><h2>\(Self.escaped(stream.stream))</h2><p>On air for "
                + "\(EventSpan.text(stream.onAirSeconds)), \(gaps).</p>\n"
            let spans = stream.states.map {
                ($0.from, Optional($0.until), self.colour($0.state), $0.state, $0.sentence)
            }
            let gapBars = stream.gaps.map { ($0.from, $0.until, "gap", "missing", $0.sentence) }
            text += self.chart(height: Self.barHeight) { self.bars(spans + gapBars) }
            if !stream.gaps.isEmpty {
                let gaps = stream.gaps.map { gap in
                    let back = gap.until.map { "back \(self.clock($0)), after \(EventSpan.text(gap.seconds))" }
                    return
                        "<li><b>\(self.clock(gap.from))</b> \(Self.escaped(gap.sentence)) <i>\(back ?? "not back")</i></li>"
                }
                text += "<ul>\(gaps.joined())</ul>\n"
            }
            return text + "</section>\n"
        }.joined()
    }

    private func colour(_ state: String) -> String {
        switch state {
        case "live", "green": "good"
        case "waiting", "unseen": "none"
        case "starting", "amber": "fair"
        case "stale", "slate", "red": "bad"
        // What a stream on air lacks.
        default: "poor"
        }
    }

    private var restarts: String {
        guard !self.report.restarts.isEmpty else { return "" }
        let items = self.report.restarts.map { restart in
            "<li><b>\(self.clock(restart.at))</b> \(Self.escaped(restart.sentence))</li>"
        }
        return "<section><h2>Replacements</h2><ul>\(items.joined())</ul></section>\n"
    }

    // MARK: - Rooms

    private var rooms: String {
        self.report.rooms.map { room in
            var text = "<section><h2>\(Self.escaped(room.venue))</h2><p>\(Self.escaped(room.sentence))</p>\n"
            text += self.chart(height: Self.barHeight) {
                self.bars(room.missed.map { ($0.from, Optional($0.until), "bad", "without the picture", $0.sentence) })
            }
            text += self.latencies(room.minutes)
            return text + "</section>\n"
        }.joined()
    }

    /// Seconds behind the main venue: the median of each minute, between the least and the most.
    private func latencies(_ minutes: [VenueMinute]) -> String {
        let points = minutes.compactMap { minute -> (x: Double, least: Double, median: Double, most: Double)? in
            guard let least = minute.leastLatency, let median = minute.medianLatency, let most = minute.mostLatency,
                let unix = EventTime.unix(minute.at)
            else { return nil }
            return (self.x(unix + 30_000_000), least, median, most)
        }
        guard points.count > 1 else { return "" }
        let top = max(points.map(\.most).max() ?? 1, 1) * 1.1
        func y(_ value: Double) -> Double { Self.plotHeight - min(max(value / top, 0), 1) * (Self.plotHeight - 14) }
        func path(_ points: [(Double, Double)]) -> String {
            points.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
        }
        let band = points.map { ($0.x, y($0.most)) } + points.reversed().map { ($0.x, y($0.least)) }
        let line = points.map { ($0.x, y($0.median)) }
        return self.chart(height: Self.plotHeight) {
            "<polygon class=\"band\" points=\"\(path(band))\"/><polyline class=\"line\" points=\"\(path(line))\"/>"
                + "<text x=\"4\" y=\"12\">\(Self.number(top)) s behind</text>"
        }
    }

    // MARK: - Plots

    private func x(_ unix: Int64) -> Double {
        let share = Double(unix - self.since) / Double(self.until - self.since)
        return min(max(share, 0), 1) * Self.width
    }

    private typealias Span = (from: String, until: String?, colour: String, name: String, sentence: String)

    private func bars(_ spans: [Span]) -> String {
        spans.map { span in
            let start = self.x(EventTime.unix(span.from) ?? self.since)
            let end = self.x(span.until.flatMap(EventTime.unix) ?? self.until)
            let isGap = span.colour == "gap"
            let (top, height) = isGap ? (Self.barHeight - 6, 6.0) : (0, Self.barHeight)
            return "<rect class=\"\(span.colour)\" x=\"\(Self.number(start))\" y=\"\(Self.number(top))\" "
                + "width=\"\(Self.number(max(end - start, 1.5)))\" height=\"\(Self.number(height))\">"
                + "<title>\(self.clock(span.from)) \(Self.escaped(span.name)): \(Self.escaped(span.sentence))</title></rect>"
        }.joined()
    }

    private func chart(height: Double, _ content: () -> String) -> String {
        let steps = 6
        let axis = (0...steps).map { step -> String in
            let unix = self.since + (self.until - self.since) / Int64(steps) * Int64(step)
            let place = self.x(unix)
            let anchor = step == 0 ? "start" : step == steps ? "end" : "middle"
            let x = Self.number(place)
            return "<line class=\"tick\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(Self.number(height + 4))\"/>"
                + "<text x=\"\(x)\" y=\"\(Self.number(height + 16))\" text-anchor=\"\(anchor)\">"
                + "\(self.time.parts(unix).time)</text>"
        }
        return "<svg viewBox=\"0 0 \(Self.number(Self.width)) \(Self.number(height + 20))\" role=\"img\">"
            + "<rect class=\"none\" width=\"\(Self.number(Self.width))\" height=\"\(Self.number(height))\"/>"
            + axis.joined() + content() + "</svg>\n"
    }

    // MARK: - Events

    private var events: String {
        let events = self.report.events.suffix(Self.eventLimit)
        guard !events.isEmpty else { return "" }
        var day = ""
        let rows = events.map { event -> String in
            let parts = EventTime.unix(event.at).map(self.time.parts) ?? ("", event.at)
            defer { day = parts.0 }
            let heading = parts.0 == day ? "" : "<tr><th colspan=\"2\">\(Self.escaped(parts.0))</th></tr>"
            return heading + "<tr class=\"\(Self.escaped(event.level))\"><td>\(Self.escaped(parts.1))</td>"
                + "<td>\(Self.escaped(event.line))</td></tr>"
        }
        return "<section><h2>What happened</h2><table>\(rows.joined(separator: "\n"))</table></section>\n"
    }

    private func clock(_ text: String) -> String {
        EventTime.unix(text).map { self.time.parts($0).time } ?? Self.escaped(text)
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    /// What encoders and venues call themselves may hold anything.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                    escaped += "\u{fffd}"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
        }
        return escaped
    }

    private static let style = """
        :root { --back: #fff; --fore: #1c2430; --dim: #5d6878; --none: #e6e9ee; --good: #2e9e5b; --fair: #d9a514; --poor: #e07b2a;
          --bad: #cf3a3a; --line: #2f6fd0; --band: #2f6fd033; }
        @media (prefers-color-scheme: dark) { :root { --back: #12161c; --fore: #e7ebf1; --dim: #97a3b4; --none: #262d38;
          --good: #3fb871; --fair: #e0b53a; --poor: #ec9148; --bad: #e65a5a; --line: #74a9ff; --band: #74a9ff33; } }
        body { margin: 0; background: var(--back); color: var(--fore); font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
        h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.6rem 0 0; } p { margin: .2rem 0 .5rem; }
        .when, svg text { color: var(--dim); fill: var(--dim); } svg { width: 100%; display: block; margin: .4rem 0; }
        svg text { font-size: 11px; } .tick { stroke: var(--dim); stroke-opacity: .25; }
        .none { fill: var(--none); } rect.good { fill: var(--good); } rect.fair { fill: var(--fair); }
        rect.poor { fill: var(--poor); } rect.bad { fill: var(--bad); } .gap { fill: var(--fore); }
        .line { fill: none; stroke: var(--line); stroke-width: 2; } .band { fill: var(--band); }
        ul { padding-left: 1.2rem; margin: .3rem 0; } i { color: var(--dim); font-style: normal; }
        table { border-collapse: collapse; width: 100%; } th { text-align: left; padding-top: .6rem; color: var(--dim); }
        td { padding: .15rem .6rem .15rem 0; vertical-align: top; border-top: 1px solid var(--none); overflow-wrap: anywhere; }
        td:first-child { white-space: nowrap; color: var(--dim); font-variant-numeric: tabular-nums; }
        tr.bad td + td { color: var(--bad); }
        """
}

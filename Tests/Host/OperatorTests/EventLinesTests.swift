import Events
import Operator
import Testing

@Suite struct EventLinesTests {
    private static func event(
        _ id: Int,
        _ second: Int64,
        _ sentence: String,
        _ code: String? = nil,
        kind: HostEvent.Kind = .source
    ) -> RecordedEvent {
        let event = HostEvent(kind: kind, level: .good, subject: "live/main", sentence: sentence, code: code)
        return RecordedEvent(id: id, unix: (1_796_479_200 + second) * 1_000_000, event)
    }

    @Test func `a loss says when it was over`() {
        var lines = EventLines(zone: "GMT")
        let events = [
            Self.event(1, 190, "live/main lost its source (connection broke).", "lost"),
            Self.event(2, 200, "kyoto is 4 s behind.", kind: .venue),
            Self.event(3, 331, "live/main has its source back after 2 min 21 s.", "back"),
            Self.event(4, 400, "live/main lost its source (it fell silent).", "lost"),
        ]
        #expect(
            lines.lines(events) == [
                "2026-12-05", "14:03:10 live/main lost its source (connection broke), back 14:05:31",
                "14:03:20 kyoto is 4 s behind.", "14:06:40 live/main lost its source (it fell silent).",
            ]
        )
        let state = Self.event(5, 420, "The encoder has just begun to send.", kind: .stream)
        #expect(lines.lines(state) == ["14:07:00 live/main: The encoder has just begun to send."])
        #expect(lines.lines(Self.event(5, 40_000, "x", kind: .relay)) == ["2026-12-06", "01:06:40 x"])
    }

    @Test func `nobody moves a terminal's cursor`() {
        var lines = EventLines(zone: "GMT")
        let line = lines.lines([Self.event(1, 0, "an \u{1b}[2J encoder\n14:00:00 lies", kind: .relay)])
        #expect(line == ["2026-12-05", "14:00:00 an \u{fffd}[2J encoder\u{fffd}14:00:00 lies"])
    }

    @Test func `a report is read by people`() {
        var maker = ReportMaker(relay: "live", since: 0, until: 1_000_000_000)
        let report = maker.report(
            prior: [],
            events: [
                RecordedEvent(
                    id: 1,
                    unix: 0,
                    HostEvent(kind: .source, level: .good, subject: "live/main", sentence: "came", code: "came")
                ),
                RecordedEvent(
                    id: 2,
                    unix: 100_000_000,
                    HostEvent(kind: .source, level: .bad, subject: "live/main", sentence: "lost.", code: "lost")
                ),
                RecordedEvent(
                    id: 3,
                    unix: 160_000_000,
                    HostEvent(kind: .source, level: .good, subject: "live/main", sentence: "back", code: "back")
                ),
            ],
            minutes: [],
            shortened: true
        )
        let text = ReportText(report, zone: "GMT").text()
        #expect(text.contains("main: on air for 15 min 40 s, 60 s missing"), "\(text)")
        #expect(text.contains("00:01:40 lost, back 00:02:40") && text.contains("There was more"))
        let empty = ReportText(maker.report(prior: [], events: [], minutes: [], shortened: false), zone: "GMT").text()
        #expect(!empty.contains("There was more"))
    }
}

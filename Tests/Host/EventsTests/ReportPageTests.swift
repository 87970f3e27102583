import Events
import Testing

/// The account as a page.
struct ReportPageTests {
    private static func event(
        _ second: Int64,
        _ kind: HostEvent.Kind,
        _ subject: String,
        _ code: String
    ) -> RecordedEvent {
        let event = HostEvent(
            kind: kind,
            level: .bad,
            subject: subject,
            sentence: "\(subject) <script>alert(1)</script> & \"\(code)\" \u{1b}[2J",
            code: code
        )
        return RecordedEvent(id: Int(second), unix: 1_796_479_200_000_000 + second * 1_000_000, event)
    }

    private static func page(_ events: [RecordedEvent], minutes: [VenueMinute] = []) -> String {
        var maker = ReportMaker(relay: "live", since: 1_796_479_200_000_000, until: 1_796_482_800_000_000)
        let report = maker.report(prior: [], events: events, minutes: minutes, shortened: false)
        return ReportPage(report, time: LocalTime(zone: "GMT")).html()
    }

    @Test func `it shows gaps, rooms and events`() {
        let minutes = (0..<50).map { minute in
            VenueMinute(
                at: EventTime.text(1_796_479_200_000_000 + Int64(minute) * 60_000_000),
                venue: "kyoto",
                reports: 30,
                leastLatency: 1,
                medianLatency: 1.5 + Double(minute % 5) / 10,
                mostLatency: 3,
                stalls: 0,
                state: "green"
            )
        }
        let page = Self.page(
            [
                Self.event(10, .source, "live/main", "came"), Self.event(12, .stream, "live/main", "live"),
                Self.event(600, .source, "live/main", "lost"), Self.event(601, .stream, "live/main", "stale"),
                Self.event(741, .source, "live/main", "back"), Self.event(742, .stream, "live/main", "live"),
                Self.event(20, .venue, "live/kyoto", "green"), Self.event(610, .venue, "live/kyoto", "red"),
                Self.event(750, .venue, "live/kyoto", "green"), Self.event(800, .restart, "live", "ended"),
            ],
            minutes: minutes
        )
        #expect(page.contains("2 min 21 s missing") && page.contains("back 14:12:21, after 2 min 21 s"))
        #expect(page.contains("<polyline class=\"line\"") && page.contains("<h2>Replacements</h2>"))
        #expect(page.contains("2026-12-05 14:00:00 – 15:00:00, 1 h 0 min, times of GMT"))
    }

    @Test func `nobody writes into the page`() {
        let page = Self.page([Self.event(10, .source, "live/<b>", "lost"), Self.event(20, .venue, "live/'x", "red")])
        for word in ["<script", "\u{1b}", "live/<b>"] { #expect(!page.contains(word), "\(word)") }
        #expect(page.contains("&lt;script&gt;"))
    }

    /// Its own style is what the policy allows, and there is nothing else to allow.
    @Test func `it needs nothing else`() {
        let page = Self.page([])
        #expect(page.contains(ReportPage.policy))
        #expect(ReportPage.policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
        for word in ["<script", "style=", " src=", "url(", "@import", "javascript:", "onload"] {
            #expect(!page.contains(word), "\(word)")
        }
    }
}

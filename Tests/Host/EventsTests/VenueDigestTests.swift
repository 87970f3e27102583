import Events
import Testing

/// One row a minute of what a venue's screen says every two seconds.
struct VenueDigestTests {
    private static func look(
        _ state: String = "green",
        latency: Double? = 1,
        stalls: UInt64 = 0,
        reports: UInt64
    ) -> VenueDigest.Look {
        VenueDigest.Look(
            relay: "live",
            venue: "kyoto",
            state: state,
            latency: latency,
            stalls: stalls,
            reports: reports
        )
    }

    @Test func `a minute has the least, the median and the most`() {
        var digest = VenueDigest()
        var rows: [VenueRow] = []
        for second in 0..<60 {
            let latency = second == 20 ? 9.0 : second == 30 ? 0.5 : 1.5
            rows += digest.note(
                [
                    Self.look(
                        second == 20 ? "red" : "green",
                        latency: latency,
                        stalls: second > 40 ? 7 : 5,
                        reports: 100 + UInt64(second)
                    )
                ],
                unix: Int64(second) * 1_000_000
            )
        }
        #expect(rows.isEmpty)
        rows = digest.note([Self.look(reports: 160)], unix: 60_000_000)
        #expect(rows.count == 1)
        let figures = rows.first?.figures
        #expect(figures?.at == "1970-01-01T00:00:00.000Z" && rows.first?.minute == 0)
        #expect(figures?.leastLatency == 0.5 && figures?.medianLatency == 1.5 && figures?.mostLatency == 9)
        #expect(figures?.stalls == 2 && figures?.reports == 59 && figures?.state == "red")
        // The next begins where this one ended.
        rows = digest.note([Self.look(stalls: 8, reports: 170)], unix: 120_000_000)
        #expect(rows.first?.figures.reports == 1)
    }

    @Test func `a screen that nobody opened has no row, and a silent one has`() {
        var digest = VenueDigest()
        _ = digest.note([Self.look("unseen", latency: nil, reports: 0)], unix: 0)
        #expect(digest.note([Self.look("red", latency: nil, reports: 0)], unix: 60_000_000).isEmpty)
        let rows = digest.note([Self.look("red", latency: nil, reports: 0)], unix: 120_000_000)
        #expect(rows.first?.figures.state == "red" && rows.first?.figures.medianLatency == nil)
    }

    @Test func `a venue that is no more is closed, and counters that begin anew are borne`() {
        var digest = VenueDigest()
        _ = digest.note([Self.look(stalls: 50, reports: 90)], unix: 0)
        _ = digest.note([Self.look(latency: .nan, stalls: 2, reports: 3)], unix: 1_000_000)
        let rows = digest.note([], unix: 2_000_000)
        #expect(rows.first?.figures.stalls == 2 && rows.first?.figures.reports == 3)
        #expect(rows.first?.figures.mostLatency == 1)
        #expect(digest.note([], unix: 200_000_000).isEmpty)
    }
}

import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Testing

@Suite struct VenueApiTests {
    @Test func venuesAreListedForTheOperatorAlone() async throws {
        let desk = try Desk()
        let list = try #require(await desk.ask(.GET, "/api/v1/relays/live/venues")).json(VenueList.self)
        #expect(list.venues.map(\.venue) == ["kyoto", "lima"])
        let kyoto = try #require(list.venues.first)
        #expect(kyoto.state == "amber")
        #expect(kyoto.sentence == "kyoto is 4.2 s behind.")
        #expect(kyoto.latency == 4.2 && kyoto.arriving == 2_400_000)
        #expect(list.venues.last?.reportedAt == nil)
        #expect(await desk.status(.GET, "/api/v1/relays/none/venues") == 404)
        #expect(await desk.status(.GET, "/api/v1/relays/live/venues", at: .everybody) == 403)
        let page = try #require(await desk.ask(.GET, "/", at: .everybody))
        #expect(!page.text.contains("kyoto"))
    }

    @Test func metricsHaveASeriesForEachVenue() async throws {
        let text = try #require(await Desk().ask(.GET, "/metrics", at: .everybody)).text
        for line in [
            #"transponder_venue_state{relay="live",venue="kyoto",state="amber"} 1"#,
            #"transponder_venue_state{relay="live",venue="lima",state="unseen"} 1"#,
            #"transponder_venue_latency_seconds{relay="live",venue="kyoto"} 4.2"#,
            #"transponder_venue_arriving_bytes_per_second{relay="live",venue="kyoto"} 300000.0"#,
            #"transponder_venue_stalls_total{relay="live",venue="kyoto"} 3"#,
            #"transponder_venue_reports_total{relay="live",venue="lima"} 0"#,
        ] {
            #expect(text.contains(line), "\(line)")
        }
        #expect(!text.contains(#"transponder_venue_latency_seconds{relay="live",venue="lima"}"#))
    }
}

import Events
import Testing

/// The account of a session.
struct ReportTests {
    private static func event(
        _ second: Int64,
        _ kind: HostEvent.Kind,
        _ subject: String,
        _ code: String,
        cause: String? = nil,
        seconds: Double? = nil
    ) -> RecordedEvent {
        let event = HostEvent(
            kind: kind,
            level: .good,
            subject: subject,
            sentence: "\(subject) \(code)",
            code: code,
            cause: cause,
            seconds: seconds
        )
        return RecordedEvent(id: Int(second), unix: second * 1_000_000, event)
    }

    private static func report(
        prior: [RecordedEvent] = [],
        _ events: [RecordedEvent],
        minutes: [VenueMinute] = []
    ) -> RelayReport {
        var maker = ReportMaker(relay: "live", since: 0, until: 1_000_000_000)
        return maker.report(prior: prior, events: events, minutes: minutes, shortened: false)
    }

    @Test func `a gap has its cause and its length`() throws {
        let report = Self.report([
            Self.event(10, .source, "live/main", "came"), Self.event(12, .stream, "live/main", "live"),
            Self.event(100, .source, "live/main", "lost", cause: "disconnected"),
            Self.event(101, .stream, "live/main", "stale"), Self.event(241, .source, "live/main", "back"),
            Self.event(242, .stream, "live/main", "live"),
            Self.event(900, .source, "live/main", "ended", cause: "ended"),
        ])
        let stream = try #require(report.streams.first)
        #expect(stream.stream == "main" && stream.onAirSeconds == 90 + 659)
        #expect(stream.gaps.map(\.seconds) == [141] && stream.gaps.first?.cause == "disconnected")
        #expect(stream.gaps.first?.until == "1970-01-01T00:04:01.000Z" && stream.missingSeconds == 141)
        #expect(stream.states.map(\.state) == ["live", "stale", "live"])
        #expect(stream.states.map(\.seconds) == [89, 141, 758])
    }

    @Test func `a gap that lasts has no end`() throws {
        let stream = try #require(
            Self.report([
                Self.event(10, .source, "live/main", "came"), Self.event(600, .source, "live/main", "lost"),
            ]).streams.first
        )
        #expect(stream.gaps.count == 1 && stream.gaps.first?.until == nil && stream.gaps.first?.seconds == 400)
    }

    @Test func `what was before the session counts for how it began`() throws {
        let prior = [
            Self.event(-50, .source, "live/main", "came"), Self.event(-40, .venue, "live/kyoto", "green"),
            Self.event(-30, .source, "live/old", "lost"), Self.event(-20, .source, "live/old", "back"),
        ]
        let report = Self.report(prior: prior, [Self.event(100, .venue, "live/kyoto", "red")])
        #expect(report.streams.map(\.stream) == ["main", "old"])
        #expect(report.streams.allSatisfy { $0.onAirSeconds == 1000 && $0.gaps.isEmpty })
        let room = try #require(report.rooms.first)
        #expect(room.seenSeconds == 100 && room.missedSeconds == 900 && room.missed.count == 1)
        #expect(room.sentence.contains("was without the picture once, for 15 min"), "\(room.sentence)")
    }

    @Test func `a host that died ends what it wrote of`() throws {
        let report = Self.report([
            Self.event(10, .source, "live/main", "came"), Self.event(11, .venue, "live/kyoto", "green"),
            Self.event(50, .stream, "live/main", "live"), Self.event(300, .host, "", "started"),
            Self.event(310, .source, "live/main", "came"),
        ])
        let stream = try #require(report.streams.first)
        #expect(stream.gaps.map(\.seconds) == [260] && stream.gaps.first?.cause == "host_ended")
        #expect(stream.onAirSeconds == 40 + 690)
        #expect(report.rooms.first?.seenSeconds == 39)
        // One that said so ends there.
        let meant = Self.report([
            Self.event(10, .source, "live/main", "came"), Self.event(200, .host, "", "ended"),
            Self.event(300, .host, "", "started"), Self.event(310, .source, "live/main", "came"),
        ])
        #expect(meant.streams.first?.gaps.map(\.seconds) == [110])
    }

    @Test func `a stream that outlived the host has no gap`() throws {
        let events = [
            Self.event(10, .source, "live/main", "came"), Self.event(50, .stream, "live/main", "live"),
            Self.event(60, .source, "live/slides", "came"), Self.event(300, .host, "", "started"),
            Self.event(302, .source, "live/main", "kept"), Self.event(304, .stream, "live/main", "live"),
        ]
        let report = Self.report(events)
        let main = try #require(report.streams.first)
        #expect(main.gaps.isEmpty && main.onAirSeconds == 990)
        // The other did not.
        let slides = try #require(report.streams.last)
        #expect(slides.gaps.map(\.until) == [nil] && slides.onAirSeconds == 0 && slides.missingSeconds == 940)
        // It is interrupted again, and then it is gone.
        let again = Self.report(
            events + [
                Self.event(400, .host, "", "started"), Self.event(401, .source, "live/main", "kept"),
                Self.event(500, .source, "live/main", "lost", cause: "disconnected"),
                Self.event(600, .host, "", "started"), Self.event(601, .source, "live/main", "kept"),
            ]
        )
        #expect(again.streams.first?.gaps.map(\.seconds) == [101] && again.streams.first?.onAirSeconds == 490 + 399)
    }

    @Test func `a host in trouble goes on`() {
        let report = Self.report([
            Self.event(10, .source, "live/main", "came"), Self.event(100, .host, "", "loop_stuck"),
            Self.event(130, .host, "", "well"),
        ])
        #expect(report.streams.first?.gaps.isEmpty == true && report.streams.first?.onAirSeconds == 990)
    }

    @Test func `a restart has the time that nobody served`() {
        let report = Self.report([
            Self.event(10, .restart, "live", "ended", cause: "signal"),
            Self.event(12, .restart, "live", "back", seconds: 1.5),
            Self.event(20, .restart, "live", "replaced", cause: "replaced", seconds: 0),
        ])
        #expect(report.restarts.map(\.cause) == ["signal", "replaced"])
        #expect(report.restarts.map(\.seconds) == [1.5, 0])
    }

    @Test func `a room has its minutes, and one with reports alone is there`() throws {
        let minute = VenueMinute(
            at: "1970-01-01T00:01:00.000Z",
            venue: "lima",
            reports: 30,
            leastLatency: 1,
            medianLatency: 2,
            mostLatency: 3,
            stalls: 1,
            state: "amber"
        )
        let room = try #require(Self.report([], minutes: [minute]).rooms.first)
        #expect(room.venue == "lima" && room.stalls == 1 && room.medianLatency == 2 && room.minutes == [minute])
        #expect(room.sentence == "lima was not seen.")
    }

    @Test func `times outside of the session do not lead outside of it`() {
        let report = Self.report([
            Self.event(5000, .source, "live/main", "came"), Self.event(9000, .source, "live/main", "lost"),
            Self.event(-9000, .stream, "live/main", "live"),
        ])
        #expect(report.streams.allSatisfy { $0.onAirSeconds >= 0 && $0.states.allSatisfy { $0.seconds <= 1000 } })
    }
}

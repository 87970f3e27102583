import Console
import ConsoleToolkit
import Contract
import NIOCore
import NIOHTTP1
import Testing
import Web

/// What the console's pages are told as it happens.
@Suite struct FeedTests {
    private static func feed(_ desk: Desk, after number: String? = nil) throws -> ConsoleFeed {
        let headers = HTTPHeaders(number.map { [("Last-Event-ID", $0)] } ?? [])
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/api/v1/events", headers: headers)
        let answer = desk.responder.answer(HTTPRequest(head), from: Caller(.local(isOwner: true)))
        guard case .feed(let feed) = answer else { throw CancellationError() }
        return feed
    }

    private static func text(_ feed: inout ConsoleFeed) -> String? { feed.next().map { String(buffer: $0) } }

    private static func pass(_ seconds: Int64, _ desk: Desk) {
        desk.host.change { host in
            let clock = host.clock
            host.clock = ClockReading(now: clock.now + .seconds(seconds), unix: clock.unix + seconds * 1_000_000)
            for index in host.relays.indices { host.relays[index].heardAt = host.clock.now }
        }
        desk.responder.observe()
    }

    @Test func whatChangesIsToldOnceAndInOrder() throws {
        let desk = try Desk()
        var feed = try Self.feed(desk)
        let first = try #require(Self.text(&feed))
        #expect(first.hasPrefix("retry: 1000\n\nevent: host\ndata: {"))
        #expect(first.contains("\"venue\":\"kyoto\"") && !first.contains("event: happened"))
        desk.host.change { host in
            host.relays[0].venues[0].state = .red
            host.relays[0].venues[0].sentence = "kyoto has not reported for 8 s."
            host.relays[0].endings[.signal] = 3
            host.relays[2].state = .ready
        }
        Self.pass(1, desk)
        let second = try #require(Self.text(&feed))
        let lines = second.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasPrefix("id: ") } == ["id: 1", "id: 2", "id: 3"])
        #expect(second.contains(#""kind":"restart","level":"bad","number":1"#), "\(second)")
        #expect(second.contains("An instance of the relay 'live' ended: killed by signal 9."))
        #expect(second.contains("kyoto has not reported for 8 s."))
        Self.pass(1, desk)
        #expect(Self.text(&feed)?.contains("event: happened") == false)
        // A page that comes back is told what it has missed; one that is new, all that is known.
        var back = try Self.feed(desk, after: "2")
        #expect(Self.text(&back)?.contains("id: 3\n") == true)
        var fresh = try Self.feed(desk)
        #expect(Self.text(&fresh)?.contains("id: 1\n") == true)
        var stranger = try Self.feed(desk, after: "999")
        #expect(Self.text(&stranger)?.contains("id: 1\n") == true)
    }

    /// What comes from elsewhere does not end a line, and so cannot be an event of its own.
    @Test func nobodyWritesEventsIntoTheFeed() throws {
        let desk = try Desk()
        var feed = try Self.feed(desk)
        desk.host.change { host in
            host.relays[0].venues[0].state = .green
            host.relays[0].venues[0].sentence = "x\n\nevent: happened\ndata: {}\r\u{2028}<script>"
        }
        Self.pass(1, desk)
        let text = try #require(Self.text(&feed))
        let lines = text.utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        let fields = lines.map { String(decoding: Array($0), as: UTF8.self) }
        let starts = ["id: ", "event: ", "data: {\"", "retry: "]
        #expect(fields.allSatisfy { field in starts.contains { field.hasPrefix($0) } }, "\(fields)")
        #expect(fields.count { $0 == "event: happened" } == 1)
    }

    @Test func theOldestOfTooManyPagesMakesRoom() throws {
        let desk = try Desk()
        var first = try Self.feed(desk)
        #expect(Self.text(&first) != nil)
        var others = try (0..<16).map { _ in try Self.feed(desk) }
        #expect(Self.text(&first) == nil)
        #expect(Self.text(&others[0]) != nil)
        others[0].close()
        #expect(Self.text(&others[0]) == nil)
    }

    @Test func eventsAreBounded() throws {
        let desk = try Desk()
        for number in 0..<600 {
            desk.host.change { $0.relays[0].venues[0].state = number.isMultiple(of: 2) ? .green : .red }
            Self.pass(1, desk)
        }
        var feed = try Self.feed(desk)
        let text = try #require(Self.text(&feed))
        #expect(text.split(separator: "\n").count { $0.hasPrefix("id: ") } == 256)
    }

    @Test func theLastTenMinutesAreKept() async throws {
        let desk = try Desk()
        for _ in 0..<700 { Self.pass(1, desk) }
        let view = try #require(await desk.ask(.GET, "/api/v1/relays/live/history")).json(HistoryView.self)
        #expect(view.venues.map(\.name) == ["kyoto"])
        let points = try #require(view.venues.first).points
        #expect((295...310).contains(points.count), "\(points.count)")
        #expect(points.last?.value == 4.2 && (points.first?.age ?? 0) > 590)
        #expect(view.streams.map(\.name) == ["main"])
        // A venue that is quiet for so long is forgotten.
        desk.host.change { $0.relays[0].venues[0].latency = nil }
        for _ in 0..<602 { Self.pass(1, desk) }
        let later = try #require(await desk.ask(.GET, "/api/v1/relays/live/history")).json(HistoryView.self)
        #expect(later.venues.isEmpty)
    }

    @Test func keysAreForTheOperatorAlone() async throws {
        let desk = try Desk()
        let links = try #require(await desk.ask(.GET, "/api/v1/relays/live/links")).json(LinksView.self)
        #expect(links.encoder?.streamKeys == ["main?key=hush"])
        #expect(links.venues.first?.url == "http://10.0.0.2:8080/live/?venue=kyoto&token=hush")
        for (entrance, status) in [(Caller.Entrance.everybody, 403), (.admin, 401), (.local(isOwner: false), 403)] {
            #expect(await desk.status(.GET, "/api/v1/relays/live/links", at: entrance) == status)
            #expect(await desk.status(.GET, "/api/v1/events", at: entrance) == status)
        }
    }
}

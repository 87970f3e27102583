import Console
import ConsoleToolkit
import Contract
import Events
import Health
import NIOHTTP1
import Testing

/// What is said to have happened, of what two looks show.
@Suite struct EventTests {
    static func pass(_ desk: Desk, _ change: (inout HostSnapshot) -> Void) -> [NumberedEvent] {
        let last = desk.host.events.last
        desk.host.change { host in
            let clock = host.clock
            host.clock = ClockReading(now: clock.now + .seconds(1), unix: clock.unix + 1_000_000)
            for index in host.loops.indices { host.loops[index].lastTick = host.clock.now }
            for index in host.relays.indices {
                host.relays[index].heardAt = host.clock.now
                if let snapshot = host.relays[index].snapshot {
                    host.relays[index].snapshot?.clock = host.clock
                    if snapshot.streams.first?.source != nil {
                        host.relays[index].snapshot?.streams[0].source?.lastHeard = host.clock.now
                    }
                }
            }
            change(&host)
        }
        desk.responder.observe()
        return desk.host.events.events(after: last)
    }

    static func sources(_ events: [NumberedEvent]) -> [HostEvent] {
        events.map(\.event).filter { $0.kind == .source }
    }

    static func lose(_ host: inout HostSnapshot, _ cause: SourceLoss.Cause) {
        guard let source = host.relays[0].snapshot?.streams[0].source else { return }
        host.relays[0].snapshot?.streams[0].loss = SourceLoss(at: host.clock.now, cause: cause, source: source)
        host.relays[0].snapshot?.streams[0].source = nil
    }

    static func publish(_ host: inout HostSnapshot) {
        var source = Scene.source()
        source.connectedAt = host.clock.now
        source.lastHeard = host.clock.now
        host.relays[0].snapshot?.streams[0].source = source
    }

    @Test func `a source is lost and comes back`() throws {
        let desk = try Desk()
        #expect(desk.host.events.events(after: 0).isEmpty)
        let lost = Self.sources(Self.pass(desk) { Self.lose(&$0, .disconnected) })
        #expect(lost.map(\.sentence) == ["live/main lost its source (connection broke)."])
        #expect(lost.first?.level == .bad && lost.first?.code == "lost" && lost.first?.cause == "disconnected")
        #expect(Self.sources(Self.pass(desk) { _ in }).isEmpty)
        let back = Self.pass(desk) { Self.publish(&$0) }
        let event = try #require(Self.sources(back).first)
        #expect(event.code == "back" && event.seconds == 2)
        #expect(event.sentence.hasPrefix("live/main has its source back after 2 s: RTMP from 10.0.0.3:50123"))
        #expect(back.first?.unix == desk.host.snapshot().clock.unix)
    }

    @Test func `one that ends by itself is not missed`() throws {
        let desk = try Desk()
        let ended = Self.sources(Self.pass(desk) { Self.lose(&$0, .ended) })
        #expect(ended.map(\.sentence) == ["live/main ended (the encoder stopped)."] && ended.first?.level == .good)
        let came = Self.sources(Self.pass(desk) { Self.publish(&$0) })
        #expect(came.map(\.code) == ["came"])
    }

    /// Looks so many times, and gives what was said of destinations.
    private static func destinations(
        _ desk: Desk,
        looks: Int = 8,
        _ destinations: [DestinationSnapshot]
    ) -> [HostEvent] {
        (0..<looks).flatMap { _ in self.pass(desk) { $0.relays[0].snapshot?.destinations = destinations } }
            .map(\.event).filter { $0.kind == .destination }
    }

    @Test func `a destination that is not reached is told once, and so is its end`() throws {
        let desk = try Desk()
        var box = DestinationSnapshot(
            stream: try StreamName("main"),
            name: try DestinationName("box"),
            address: "srt://10.0.0.9:9000",
            trouble: .unanswered
        )
        let failing = Self.destinations(desk, [box])
        let event = try #require(failing.first)
        #expect(failing.count == 1 && event.subject == "live/main/box" && event.relay == "live")
        #expect(event.level == .bad && event.code == "failing" && event.cause == "unanswered")
        #expect(event.sentence.contains("(srt://10.0.0.9:9000)"))
        // While the relay tells nothing, it is no better.
        let told = desk.host.snapshot().relays[0].snapshot
        #expect(Self.pass(desk) { $0.relays[0].snapshot = nil }.allSatisfy { $0.event.kind != .destination })
        #expect(Self.pass(desk) { $0.relays[0].snapshot = told }.allSatisfy { $0.event.kind != .destination })
        box.trouble = nil
        box.sendingSince = desk.host.snapshot().clock.now
        let back = Self.destinations(desk, [box])
        #expect(back.map(\.level) == [.good] && back.first?.code == "sending")
        box.trouble = .disconnected
        box.sendingSince = nil
        #expect(Self.destinations(desk, [box]).map(\.level) == [.bad])
        // Nobody waits for one that is not wanted any more.
        #expect(Self.destinations(desk, []).map(\.code) == ["gone"])
    }

    @Test(arguments: [SourceLoss.Cause.replaced, .silent])
    func `another source between two looks`(cause: SourceLoss.Cause) throws {
        let desk = try Desk()
        let events = Self.sources(
            Self.pass(desk) { host in
                Self.lose(&host, cause)
                Self.publish(&host)
            }
        )
        #expect(events.map(\.code) == (cause == .replaced ? ["replaced"] : ["lost", "back"]))
    }

    @Test func `while a relay tells nothing nobody is said to be gone`() throws {
        let desk = try Desk()
        let events = Self.pass(desk) { host in
            host.relays[0].state = .starting
            host.relays[0].snapshot = nil
            host.relays[0].endings[.signal] = 3
            host.relays[0].lastEnding = EndingStatus(at: host.clock.now, cause: .signal, sentence: "killed by signal 9")
        }
        #expect(Self.sources(events).isEmpty)
        let ended = try #require(events.map(\.event).first { $0.kind == .restart })
        #expect(ended.code == "ended" && ended.cause == "signal" && ended.seconds == nil && ended.level == .bad)
        let back = Self.pass(desk) { host in
            host.relays[0].state = .ready
            host.relays[0].instance?.startedAt = host.clock.now
            host.relays[0].instance?.startTime = .milliseconds(500)
        }
        let served = try #require(back.map(\.event).first { $0.kind == .restart })
        #expect(served.code == "back" && served.seconds == 1.5 && served.sentence.contains("serves again, after 1.5 s"))
    }

    @Test func `a replacement without silence says so`() throws {
        let desk = try Desk()
        let events = Self.pass(desk) { host in
            host.relays[0].endings[.replaced] = 1
            host.relays[0].lastEnding = EndingStatus(at: host.clock.now, cause: .replaced, sentence: "a fresh one")
        }
        let event = try #require(events.map(\.event).first { $0.kind == .restart })
        #expect(event.seconds == 0 && event.level == .warning && event.code == "replaced")
    }

    private static func relays(_ events: [NumberedEvent]) -> [HostEvent] {
        events.map(\.event).filter { $0.kind == .relay && $0.subject == "live" }
    }

    @Test func `a relay that does not report is told when that lasts, and once`() throws {
        let desk = try Desk()
        var told: [HostEvent] = []
        // It is silent for two seconds, and is heard again before anybody is told.
        for _ in 0..<4 { told += Self.relays(Self.pass(desk) { $0.relays[0].heardAt = Scene.now }) }
        for _ in 0..<5 { told += Self.relays(Self.pass(desk) { _ in }) }
        #expect(told.isEmpty, "\(told)")
        let heard = desk.host.snapshot().clock.now
        for _ in 0..<20 { told += Self.relays(Self.pass(desk) { $0.relays[0].heardAt = heard }) }
        #expect(told.map(\.code) == ["silent"] && told.first?.level == .bad)
        #expect(told.first?.sentence.contains("has not reported for 6 s") == true, "\(told)")
        told = []
        for _ in 0..<10 { told += Self.relays(Self.pass(desk) { _ in }) }
        #expect(told.map(\.code) == ["serving"] && told.first?.level == .good)
        #expect(told.first?.sentence == "The relay 'live' takes connections.")
    }

    @Test func `a relay that ends again and again is told once`() throws {
        let desk = try Desk()
        var told: [HostEvent] = []
        for number in 1...6 {
            told += Self.relays(
                Self.pass(desk) { host in
                    host.relays[0].endings[.exit] = UInt64(number)
                    host.relays[0].lastEnding = EndingStatus(
                        at: host.clock.now,
                        cause: .exit,
                        sentence: "It exited with code 3."
                    )
                }
            )
            #expect(told.isEmpty == (number < 3))
        }
        #expect(told.map(\.code) == ["restless"] && told.first?.level == .bad)
        let words = "end again and again. The last instance ended 0 ms ago"
        #expect(told.first?.sentence.contains(words) == true, "\(told)")
    }

    @Test func `refusals are told once a minute`() throws {
        let desk = try Desk()
        var told = 0
        for _ in 0..<130 {
            let events = Self.pass(desk) { host in
                let refusal = SourceRefusal(at: host.clock.now, reason: .wrongKey, address: "10.0.0.9:4000")
                host.relays[0].snapshot?.streams[0].refusal = refusal
            }
            let refusals = events.map(\.event).filter { $0.kind == .refusal }
            told += refusals.count
            for event in refusals {
                #expect(event.sentence.contains("wrong key") && event.sentence.contains("10.0.0.9"))
            }
        }
        #expect(told == 2)
    }

    /// Dates are by the wall clock, which is set and corrected while a source is on air.
    @Test func `a wall clock that moves makes no source another, and no refusal`() throws {
        let desk = try Desk()
        _ = Self.pass(desk) { _ in }
        for step: Int64 in [7000, -3000, 3_600_000_000] {
            let events = Self.pass(desk) { $0.clock = ClockReading(now: $0.clock.now, unix: $0.clock.unix + step) }
            #expect(events.allSatisfy { $0.event.kind != .source && $0.event.kind != .refusal }, "\(events)")
        }
    }

    @Test func `a certificate that ends soon is told, also at the first look`() throws {
        var scene = try Scene.host()
        scene.door.certificateExpires = Int(Scene.clock.unix / 1_000_000) + 86_400
        let desk = try Desk(scene)
        let first = desk.host.events.events(after: 0)
        #expect(first.map(\.event.kind) == [.certificate] && first.first?.event.level == .bad)
        let renewed = Self.pass(desk) { $0.door.certificateExpires = 1_899_999_999 }
        #expect(renewed.contains { $0.event.kind == .certificate && $0.event.level == .good })
    }

    @Test func `what is wrong with the host itself is told once, and that it is over`() throws {
        var scene = try Scene.host()
        scene.alerts = AlertsSnapshot(receivers: [.init(name: "mail", kind: "smtp")])
        let desk = try Desk(scene)
        for _ in 0..<5 { #expect(Self.pass(desk) { _ in }.allSatisfy { $0.event.kind != .host }) }
        var told: [HostEvent] = []
        for _ in 0..<20 {
            let events = Self.pass(desk) { $0.alerts?.receivers[0].trouble = "mail: nobody answers at mx.example.org." }
            told += events.map(\.event).filter { $0.kind == .host }
        }
        #expect(told.map(\.code) == ["alerts_undelivered"] && told.first?.level == .bad)
        #expect(told.first?.sentence == "mail: nobody answers at mx.example.org.")
        told = []
        for _ in 0..<5 {
            told += Self.pass(desk) { $0.alerts?.receivers[0].trouble = nil }.map(\.event).filter { $0.kind == .host }
        }
        #expect(told.map(\.code) == [HostEvent.Code.well] && told.first?.level == .good)
    }

    /// A host that begins where another has died: its relays have told it nothing yet.
    private static func successor(of desk: Desk, after seconds: Int64, memory: HealthMemory? = nil) throws -> Desk {
        var scene = desk.host.snapshot()
        let now = scene.clock.now + .seconds(seconds)
        scene.clock = ClockReading(now: now, unix: scene.clock.unix + seconds * 1_000_000)
        scene.startedAt = now
        for index in scene.relays.indices {
            scene.relays[index].snapshot = nil
            scene.relays[index].heardAt = nil
        }
        return try Desk(scene, memory: memory)
    }

    /// The account of both hosts' lives, the oldest row first as the history gives them.
    private static func report(_ before: Desk, _ after: Desk) -> RelayReport {
        let started = HostEvent(kind: .host, level: .good, sentence: "Started.", code: HostEvent.Code.started)
        let start = after.host.snapshot()
        var rows = before.host.events.events(after: 0).map { ($0.unix, $0.event) }
        rows.append((start.clock.unix(of: start.startedAt), started))
        rows += after.host.events.events(after: 0).map { ($0.unix, $0.event) }
        let events = rows.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
            .map { RecordedEvent(id: $0.offset, unix: $0.element.0, $0.element.1) }
        var maker = ReportMaker(relay: "live", since: Scene.clock.unix, until: start.clock.unix)
        return maker.report(prior: [], events: events, minutes: [], shortened: false)
    }

    @Test func `a stream that outlived the host is still on air, and was never missing`() throws {
        let desk = try Desk()
        _ = Self.pass(desk) { Self.lose(&$0, .ended) }
        _ = Self.pass(desk) { Self.publish(&$0) }
        for _ in 0..<5 { _ = Self.pass(desk) { _ in } }
        let told = desk.host.snapshot().relays[0].snapshot
        let next = try Self.successor(of: desk, after: 4)
        _ = Self.pass(next) { _ in }
        let events = Self.pass(next) { host in
            host.relays[0].snapshot = told
            host.relays[0].snapshot?.clock = host.clock
            host.relays[0].snapshot?.streams[0].source?.lastHeard = host.clock.now
        }
        let source = try #require(Self.sources(events).first)
        #expect(source.code == "kept" && source.level == .good)
        #expect(source.sentence.hasPrefix("live/main is still on air: RTMP from 10.0.0.3:50123"))
        for _ in 0..<10 { #expect(Self.sources(Self.pass(next) { _ in }).isEmpty) }
        let stream = try #require(Self.report(desk, next).streams.first)
        #expect(stream.gaps.isEmpty && stream.missingSeconds == 0)
        // From the second in which it was published to the last look.
        #expect(stream.onAirSeconds == 5 + 4 + 12, "\(stream)")
    }

    @Test func `a stream that did not outlive the host is missing until it is back`() throws {
        let desk = try Desk()
        _ = Self.pass(desk) { Self.lose(&$0, .ended) }
        _ = Self.pass(desk) { Self.publish(&$0) }
        let next = try Self.successor(of: desk, after: 4)
        var streams: [StreamSnapshot] = []
        streams.append(StreamSnapshot(path: try StreamPath("live/main"), createdAt: next.host.snapshot().clock.now))
        for _ in 0..<3 {
            _ = Self.pass(next) { host in
                host.relays[0].snapshot = RelaySnapshot(
                    relay: host.relays[0].name,
                    clock: host.clock,
                    startedAt: host.startedAt,
                    streams: streams
                )
            }
        }
        #expect(Self.report(desk, next).streams.first?.gaps.map(\.until) == [nil])
        #expect(Self.sources(Self.pass(next) { Self.publish(&$0) }).first?.code != "kept")
        let gap = try #require(Self.report(desk, next).streams.first?.gaps.first)
        #expect(gap.cause == "host_ended" && gap.until != nil)
    }

    private static func empty(_ host: inout HostSnapshot) {
        host.relays[0].snapshot = RelaySnapshot(
            relay: host.relays[0].name,
            clock: host.clock,
            startedAt: host.startedAt,
            streams: []
        )
    }

    @Test(arguments: [false, true])
    func `who is missed is missed after a restart, and nobody is told otherwise`(isDeclared: Bool) async throws {
        let desk = try Desk()
        if isDeclared { desk.host.change { $0.relays[0].streams = (try? StreamName("main")).map { [$0] } } }
        var told = ToldAlerts()
        told.take(Self.pass(desk) { Self.lose(&$0, .disconnected) }, of: desk)
        for _ in 0..<10 { told.take(Self.pass(desk) { _ in }, of: desk) }
        #expect(told.words.filter { $0.hasPrefix("live/main") } == ["live/main stale firing"])
        // A host that ends says nothing of what ends with it.
        let last = desk.host.events.last
        desk.host.change { host in
            host.isDraining = true
            Self.empty(&host)
        }
        desk.responder.observe()
        #expect(desk.host.events.last == last)
        let memory = try #require(desk.responder.memory)
        let next = try Self.successor(of: desk, after: 30, memory: memory)
        next.host.change { $0.isDraining = false }
        told.restart(next)
        told.take(next.host.events.events(after: 0), of: next)
        for _ in 0..<3 { told.take(Self.pass(next) { _ in }, of: next) }
        let found = Self.pass(next) { Self.empty(&$0) }
        #expect(Self.streams(found).map(\.code) == ["stale"] && Self.streams(found).first?.level == .bad)
        told.take(found, of: next)
        for _ in 0..<120 { told.take(Self.pass(next) { Self.empty(&$0) }, of: next) }
        #expect(told.words.filter { $0.hasPrefix("live/main") } == ["live/main stale firing"])
        #expect(await next.status(.GET, "/health/live/main", at: .everybody) == 503)
        // It is back, and that is told once.
        let told0 = Self.pass(next) { host in
            host.relays[0].snapshot = try? Scene.live().snapshot
            host.relays[0].snapshot?.clock = host.clock
            Self.publish(&host)
        }
        #expect(Self.sources(told0).map(\.code) == ["back"])
        told.take(told0, of: next)
        for _ in 0..<20 {
            told.take(
                Self.pass(next) { host in
                    for index in 0..<2 {
                        host.relays[0].snapshot?.streams[0].tracks[index].lastPacketAt = host.clock.now
                        host.relays[0].snapshot?.streams[0].tracks[index].packets += 30
                    }
                    host.relays[0].snapshot?.streams[0].tracks[0].lastKeyframeAt = host.clock.now
                },
                of: next
            )
        }
        let words = told.words.filter { $0.hasPrefix("live/main") && !$0.contains("wrong_key") }
        #expect(words.filter { $0.hasSuffix("recovered") }.count == 1 && words.count == 2, "\(words)")
    }

    @Test func `a session of long ago is forgotten`() throws {
        let desk = try Desk()
        _ = Self.pass(desk) { Self.lose(&$0, .disconnected) }
        let memory = try #require(desk.responder.memory)
        let next = try Self.successor(of: desk, after: 7 * 3600, memory: memory)
        for _ in 0..<3 { #expect(Self.streams(Self.pass(next) { Self.empty(&$0) }).isEmpty) }
    }

    @Test func `a relay that tells nothing is told of when that lasts`() throws {
        var scene = try Scene.host()
        scene.relays[0].snapshot = nil
        scene.relays[0].streams = [try StreamName("main")]
        let desk = try Desk(scene)
        #expect(Self.streams(desk.host.events.events(after: 0)).isEmpty)
        var told: [HostEvent] = []
        for second in 1...20 {
            told += Self.streams(Self.pass(desk) { $0.relays[0].heardAt = nil }).filter { $0.subject == "live/main" }
            #expect(told.isEmpty == (second < 10), "after \(second) s")
        }
        #expect(told.map(\.code) == ["stale"])
    }

    @Test func `what is wrong at the first look is told`() throws {
        var scene = try Scene.host()
        Self.lose(&scene, .silent)
        let desk = try Desk(scene)
        let first = desk.host.events.events(after: 0).map(\.event)
        #expect(first.filter { $0.subject == "live/main" }.map(\.code) == ["stale"], "\(first)")
    }

    @Test func `who gave an order is written down`() async throws {
        let desk = try Desk()
        #expect(await desk.status(.DELETE, "/api/v1/relays/live/viewers/7") == 204)
        #expect(await desk.status(.DELETE, "/api/v1/relays/live/streams/main/publisher") == 204)
        let token = [("Authorization", "Bearer \(Desk.token)")]
        #expect(await desk.status(.POST, "/api/v1/relays/live/replace", at: .admin, from: "10.1.1.1:5", token) == 202)
        let orders = desk.host.events.events(after: 0).map(\.event).filter { $0.kind == .operation }
        #expect(orders.map(\.code) == ["kick", "drop", "replace"])
        #expect(orders.map(\.actor) == ["the command line", "the command line", "somebody at 10.1.1.1"])
        // What was refused has not happened.
        #expect(await desk.status(.DELETE, "/api/v1/relays/live/viewers/99") == 404)
        #expect(desk.host.events.events(after: 0).count { $0.event.kind == .operation } == 3)
    }

    @Test func `what was written is asked for by time and relay`() async throws {
        let desk = try Desk()
        _ = Self.pass(desk) { Self.lose(&$0, .disconnected) }
        for query in ["", "?since=10m", "?since=2026-12-05T14:00:00Z&until=1s&relay=live&limit=5&after=0"] {
            let answer = try #require(await desk.ask(.GET, "/api/v1/events/recorded\(query)"))
            #expect(try answer.json(RecordedEvents.self).events.contains { $0.code == "lost" }, "\(query)")
        }
        for query in ["since=x", "since=-5m", "until=5y", "after=-1", "after=x", "limit=many"] {
            #expect(await desk.status(.GET, "/api/v1/events/recorded?\(query)") == 400, "\(query)")
        }
        let report = try #require(await desk.ask(.GET, "/api/v1/relays/live/report")).json(RelayReport.self)
        #expect(report.relay == "live" && report.streams.map(\.stream) == ["main"])
        #expect(await desk.status(.GET, "/api/v1/events/recorded", at: .everybody) == 403)
        #expect(await desk.status(.GET, "/api/v1/relays/live/report", at: .admin) == 401)
    }
}

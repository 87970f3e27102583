import Events
import Synchronization
import Testing

struct EventLogTests {
    private static func event(_ number: Int) -> HostEvent {
        HostEvent(kind: .relay, level: .good, subject: "live", sentence: "\(number)")
    }

    @Test func `a reader that is late misses the oldest, and can tell`() {
        let log = EventLog()
        for number in 1...EventLog.limit + 10 { log.append(Self.event(number), unix: 0) }
        let events = log.events(after: 3)
        #expect(events.count == EventLog.limit)
        #expect(events.first?.number == 11)
        #expect(log.events(after: log.last).isEmpty)
        // A place of another host's life.
        #expect(log.events(after: 1_000_000).count == EventLog.limit)
    }

    @Test func `whoever waits is woken`() {
        let log = EventLog()
        let count = Mutex(0)
        log.onAppend { count.withLock { $0 += 1 } }
        log.append(Self.event(1), unix: 0)
        log.append(Self.event(2), unix: 0)
        #expect(count.withLock { $0 } == 2)
    }

    @Test(
        arguments: [
            ("2026-12-05T14:00:00Z", 1_796_479_200_000_000), ("2026-12-05T14:00:00.500Z", 1_796_479_200_500_000),
            ("yesterday", nil), ("", nil),
        ] as [(String, Int64?)]
    )
    func `times are read`(text: String, unix: Int64?) {
        #expect(EventTime.unix(text) == unix)
    }

    @Test func `times are written so that they can be read`() {
        #expect(EventTime.text(1_796_479_200_500_000) == "2026-12-05T14:00:00.500Z")
        #expect(EventTime.text(.max).hasPrefix("9999-"))
        #expect(EventTime.text(.min).hasPrefix("0001-"))
    }

    @Test(arguments: [
        (0.0, "0 s"), (0.26, "0.3 s"), (9.0, "9 s"), (89.4, "89 s"), (141, "2 min 21 s"), (120, "2 min"),
        (3725, "1 h 2 min"),
        (-5, "0 s"), (.infinity, "a long time"), (.nan, "a long time"), (1e300, "a long time"),
    ])
    func `lengths of time are said`(seconds: Double, text: String) {
        #expect(EventSpan.text(seconds) == text)
    }

    @Test func `events are asked for by relay and time`() {
        let query = EventQuery(since: 10, until: 20, relay: "live")
        #expect(query.matches(10, "live/main") && query.matches(19, "live"))
        #expect(!query.matches(9, "live") && !query.matches(20, "live"))
        #expect(!query.matches(15, "lively/main") && !query.matches(15, ""))
        #expect(EventQuery(limit: -4).limit == 1 && EventQuery(limit: .max).limit == EventQuery.mostRows)
    }
}

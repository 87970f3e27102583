import Alerts
import Contract
import Events
import Foundation
import Testing

/// What one receiver is sent, and when.
struct OutboxTests {
    private static func clock(_ second: Int64, minute: Int = 600) -> AlertClock {
        AlertClock(
            now: Instant(microseconds: second * 1_000_000),
            unix: 1_800_000_000_000_000 + second * 1_000_000,
            minuteOfDay: minute
        )
    }

    private static func alerts(_ count: Int = 1) -> [Alert] {
        (0..<count).map { number in
            Alert(
                status: .firing,
                level: .bad,
                kind: .stream,
                subject: "live/\(number)",
                sentence: "live/\(number) is black",
                since: "2026-12-05T14:00:00Z"
            )
        }
    }

    private static func spec(limit: Int = 3, quiet: String? = nil) throws -> AlertsSpec {
        var spec = AlertsSpec.standard
        spec.limit = limit
        spec.quiet = try quiet.map { try QuietHours($0) }
        return spec
    }

    private static func message(_ action: Outbox.Action) throws -> AlertMessage {
        guard case .send(let message) = action else {
            Issue.record("\(action)")
            throw CancellationError()
        }
        return message
    }

    @Test func `what is sent is out of the way`() throws {
        var outbox = Outbox()
        let spec = try Self.spec()
        #expect(outbox.next(Self.clock(0), spec) == .rest)
        outbox.take([], Self.clock(0), spec)
        #expect(outbox.next(Self.clock(0), spec) == .rest)
        outbox.take(Self.alerts(2), Self.clock(0), spec)
        let message = try Self.message(outbox.next(Self.clock(0), spec))
        #expect(message.title == "transponder: 2 wrong" && outbox.waiting == 1)
        #expect(message.text == "transponder: 2 wrong\nlive/0 is black\nlive/1 is black")
        outbox.sent(message.id)
        #expect(outbox.next(Self.clock(0), spec) == .rest && outbox.waiting == 0)
    }

    @Test func `a failure is tried again with longer pauses, and not by all at once`() throws {
        var outbox = Outbox()
        let spec = try Self.spec()
        outbox.take(Self.alerts(), Self.clock(0), spec)
        var pauses: [Duration] = []
        for _ in 0..<12 {
            outbox.failed(Self.clock(0), chance: 1)
            guard case .wait(let pause) = outbox.next(Self.clock(0), spec) else { return #expect(Bool(false)) }
            pauses.append(pause)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map { .seconds($0) })
        outbox.failed(Self.clock(0), chance: 0)
        #expect(outbox.next(Self.clock(0), spec) == .wait(.seconds(150)))
        let message = try Self.message(outbox.next(Self.clock(150), spec))
        outbox.sent(message.id)
        outbox.take(Self.alerts(), Self.clock(151), spec)
        outbox.failed(Self.clock(151), chance: 1)
        #expect(outbox.next(Self.clock(151), spec) == .wait(.seconds(1)))
    }

    @Test func `of too many one message says how many were left out`() throws {
        var outbox = Outbox()
        let spec = try Self.spec(limit: 2)
        for second in 0..<5 { outbox.take(Self.alerts(3), Self.clock(Int64(second)), spec) }
        for _ in 0..<2 { outbox.sent(try Self.message(outbox.next(Self.clock(6), spec)).id) }
        #expect(outbox.totalLeftOut == 9)
        guard case .wait = outbox.next(Self.clock(7), spec) else { return #expect(Bool(false)) }
        let summary = try Self.message(outbox.next(Self.clock(3601), spec))
        #expect(summary.kind == .summary && summary.leftOut == 9 && summary.title.hasPrefix("9 alerts were left out"))
        outbox.sent(summary.id)
        #expect(outbox.next(Self.clock(3602), spec) == .rest)
    }

    @Test func `in quiet hours nobody is woken, and afterwards one message tells all`() throws {
        var outbox = Outbox()
        let spec = try Self.spec(quiet: "23:00-07:00")
        outbox.take(Self.alerts(), Self.clock(0, minute: 23 * 60), spec)
        outbox.take(Self.alerts(2), Self.clock(60, minute: 1), spec)
        guard case .wait = outbox.next(Self.clock(61, minute: 2), spec) else { return #expect(Bool(false)) }
        #expect(outbox.waiting == 1)
        let digest = try Self.message(outbox.next(Self.clock(90, minute: 7 * 60), spec))
        #expect(digest.kind == .digest && digest.alerts.count == 3)
        #expect(digest.title == "In the quiet hours: 3 things happened.")
        for _ in 0..<300 { outbox.take(Self.alerts(), Self.clock(100, minute: 1400), spec) }
        #expect(outbox.totalLeftOut == 100)
    }

    @Test func `what waits is bounded, and outlives the host`() throws {
        var outbox = Outbox()
        let spec = try Self.spec(limit: 1000)
        for _ in 0..<Outbox.limit + 5 { outbox.take(Self.alerts(), Self.clock(0), spec) }
        outbox.failed(Self.clock(0), chance: 1)
        #expect(outbox.waiting == Outbox.limit && outbox.totalLeftOut == 5)
        var again = try JSONDecoder().decode(Outbox.self, from: JSONEncoder().encode(outbox))
        #expect(again.queue == outbox.queue)
        // Another host's pause is none of this one's.
        let first = try Self.message(again.next(Self.clock(0), spec))
        #expect(first == outbox.queue.first)
    }

    @Test func `a clock that is set back silences nobody`() throws {
        var outbox = Outbox()
        let spec = try Self.spec(limit: 1)
        outbox.take(Self.alerts(), Self.clock(100_000), spec)
        outbox.sent(try Self.message(outbox.next(Self.clock(100_000), spec)).id)
        outbox.take(Self.alerts(), Self.clock(0), spec)
        #expect(try Self.message(outbox.next(Self.clock(0), spec)).kind == .alerts)
    }

    @Test(arguments: [
        ("23:00-07:00", [1380, 1439, 0, 419], [420, 1379, 720]), ("12:30-13:00", [750, 779], [749, 780, 0]),
    ])
    func `quiet hours`(text: String, inside: [Int], outside: [Int]) throws {
        let hours = try QuietHours(text)
        #expect(inside.allSatisfy(hours.contains) && !outside.contains(where: hours.contains))
        #expect("\(hours)" == text)
    }

    @Test(arguments: ["", "23:00", "24:00-07:00", "23:60-07:00", "7-8", "07:00-07:00", "a:b-c:d", "1:00-2:00-3:00"])
    func `what is no time of the day`(text: String) {
        #expect(throws: SpecError.self) { try QuietHours(text) }
    }

    @Test func `a secret is shown to nobody`() throws {
        let secret = try HiddenText("swordfish with spaces")
        #expect(
            "\(secret)" == "***" && "\([secret])".contains("***")
                && !"\(Mirror(reflecting: secret).children.count)".contains("1")
        )
        var dumped = ""
        dump(AlertReceiverSpec(name: "x", way: .webhook(secret, form: .json, secret: secret)), to: &dumped)
        #expect(!dumped.contains("swordfish"))
        for text in ["", "a\nb", String(repeating: "x", count: 3000)] {
            #expect(throws: SpecError.self) { try HiddenText(text) }
        }
    }
}

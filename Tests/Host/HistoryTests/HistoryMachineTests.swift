import Contract
import Events
import History
import Testing

/// When it is opened, written and tried again, and what is said of that.
struct HistoryMachineTests {
    private static func rows(_ count: Int) -> [HistoryRow] {
        (0..<count).map { number in
            let event = HostEvent(kind: .relay, level: .good, subject: "live", sentence: "\(number)")
            return .event(NumberedEvent(event, number: UInt64(number), unix: 0))
        }
    }

    private static func second(_ second: Int64) -> Instant { Instant(microseconds: second * 1_000_000) }

    private static func open() -> HistoryMachine {
        var machine = HistoryMachine()
        #expect(machine.next(now: Self.second(0)) == .open)
        machine.opened()
        return machine
    }

    @Test func `it opens, clears out, writes, and waits`() {
        var machine = Self.open()
        #expect(machine.next(now: Self.second(0)) == .clear)
        #expect(machine.cleared(now: Self.second(0)) == nil)
        #expect(machine.next(now: Self.second(0)) == .wait(HistoryMachine.clearingPause))
        machine.take(Self.rows(HistoryMachine.batch + 3))
        guard case .write(let first) = machine.next(now: Self.second(1)) else { return #expect(Bool(false)) }
        #expect(first.count == HistoryMachine.batch)
        #expect(machine.wrote(first.count) == nil)
        guard case .write(let second) = machine.next(now: Self.second(1)) else { return #expect(Bool(false)) }
        #expect(second == Array(Self.rows(HistoryMachine.batch + 3).suffix(3)))
        #expect(machine.wrote(3) == nil)
        #expect(machine.waiting == 0 && machine.written == UInt64(HistoryMachine.batch + 3))
        #expect(machine.next(now: Self.second(600)) == .clear)
    }

    @Test func `trouble is said once, tried again with longer pauses, and its end is said`() {
        var machine = Self.open()
        machine.take(Self.rows(2))
        var pauses: [Duration] = []
        var now = Self.second(0)
        for round in 0..<8 {
            guard case .write = machine.next(now: now) else { return #expect(Bool(false), "\(round)") }
            #expect(machine.failed(.full, now: now) == (round == 0 ? .trouble(.full) : nil))
            guard case .wait(let pause) = machine.next(now: now) else { return #expect(Bool(false)) }
            pauses.append(pause)
            now = now + pause
        }
        #expect(pauses == [1, 2, 4, 8, 8, 8, 8, 8].map { .seconds($0) })
        #expect(machine.waiting == 2 && machine.trouble == .full)
        // Another kind of trouble is news.
        _ = machine.next(now: now)
        #expect(machine.failed(.locked, now: now) == .trouble(.locked))
        now = now + .seconds(30)
        _ = machine.next(now: now)
        #expect(machine.wrote(2) == .recovered(dropped: 0))
        #expect(machine.trouble == nil && machine.waiting == 0)
    }

    @Test func `what waits is bounded, and what is dropped is counted`() {
        var machine = Self.open()
        machine.take(Self.rows(HistoryMachine.queueLimit + 5))
        machine.miss(2)
        #expect(machine.waiting == HistoryMachine.queueLimit && machine.dropped == 7)
        guard case .write(let rows) = machine.next(now: Self.second(0)) else { return #expect(Bool(false)) }
        // The oldest made room.
        #expect(rows.first == Self.rows(6).last)
    }

    @Test(arguments: [HistoryTrouble.unopenable, .readOnly])
    func `a file that cannot be reached is opened anew`(trouble: HistoryTrouble) {
        var machine = Self.open()
        machine.take(Self.rows(1))
        _ = machine.next(now: Self.second(0))
        _ = machine.failed(trouble, now: Self.second(0))
        #expect(machine.next(now: Self.second(1)) == .open)
    }

    @Test func `one that was moved aside is begun afresh, and what waits is written there`() {
        var machine = Self.open()
        machine.take(Self.rows(1))
        _ = machine.next(now: Self.second(0))
        #expect(machine.movedAside(to: "/x", isForeign: true) == .movedAside("/x", isForeign: true))
        #expect(machine.next(now: Self.second(0)) == .open)
        machine.opened()
        #expect(machine.next(now: Self.second(0)) == .write(Self.rows(1)))
        machine.closed()
        #expect(machine.next(now: Self.second(0)) == .open)
    }

    @Test func `people are told in words`() {
        let full = HistoryNews.trouble(.full).event("/var/lib/transponder")
        #expect(full.sentence == "The history cannot be written: no space left on /var/lib/transponder; free some.")
        for trouble in [HistoryTrouble.locked, .readOnly, .unopenable, .failing("disk I/O error")] {
            let event = HistoryNews.trouble(trouble).event("/var/lib/transponder")
            #expect(event.level == .bad && event.sentence.contains("/var/lib/transponder"), "\(event.sentence)")
        }
        #expect(HistoryNews.recovered(dropped: 3).event("/x").sentence.contains("3 rows"))
        #expect(HistoryNews.movedAside("/x", isForeign: false).event("/x").sentence.contains("damaged"))
    }
}

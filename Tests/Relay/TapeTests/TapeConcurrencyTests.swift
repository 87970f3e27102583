import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

@Suite(.ownThread) struct TapeConcurrencyTests {
    private final class Tally: Sendable {
        let whole = Atomic<Int>(0)
        let torn = Atomic<Int>(0)
        let lost = Atomic<Int>(0)
        let isDone = Atomic<Bool>(false)

        func count(isWhole: Bool) {
            if isWhole {
                self.whole.add(1, ordering: .relaxed)
            } else {
                self.torn.add(1, ordering: .relaxed)
            }
        }
    }

    @Test func `readers beside a writer that laps them see whole bytes or nothing`() throws {
        let tape = try WireTape(name: "test", capacity: 16384, records: 256)
        let tally = Tally()
        let readers = try (0..<3).map { seed in
            try WorkerThread(name: "reader") {
                var dice = SeededGenerator(seed: UInt64(seed + 1))
                var rounds = 0
                while !tally.isDone.load(ordering: .acquiring) || rounds < 100 {
                    rounds += 1
                    let tail = tape.tail
                    let head = tape.head
                    guard head > tail else { continue }
                    let start = tail + dice.next() % (head - tail)
                    guard let bytes = tape.copy(start..<head) else {
                        tally.lost.add(1, ordering: .relaxed)
                        continue
                    }
                    let isWhole = isPattern(bytes, at: start)
                    tally.count(isWhole: isWhole)
                    if let record = tape.record(at: start), !record.range.contains(start) {
                        tally.torn.add(1, ordering: .relaxed)
                    }
                }
            }
        }
        var dice = SeededGenerator(seed: 99)
        for _ in 0..<10000 {
            try tape.append(pattern(at: tape.head, count: dice.roll(1...2048)), time: .zero, join: false)
        }
        tally.isDone.store(true, ordering: .releasing)
        for reader in readers { reader.join() }
        #expect(tally.torn.load(ordering: .relaxed) == 0)
        #expect(tally.whole.load(ordering: .relaxed) > 0)
    }

    @Test func `packet readers beside a writer see events in order or an overrun`() throws {
        let tape = try PacketTape(name: "test", capacity: 32768, records: 64)
        let tally = Tally()
        let reader = try WorkerThread(name: "reader") {
            var cursor = tape.cursor(at: 0)
            while true {
                switch cursor.next() {
                case .entry(let entry):
                    guard case .packet(let packet) = entry.event else { continue }
                    let isRight =
                        packet.dts.microseconds == Int64(entry.sequence) * 1000
                        && isPattern(packet.payload, at: entry.sequence)
                    tally.count(isWhole: isRight)
                case .overrun:
                    tally.lost.add(1, ordering: .relaxed)
                    cursor = tape.cursor(at: tape.nextSequence)
                case .end:
                    if tally.isDone.load(ordering: .acquiring), cursor.sequence == tape.nextSequence { return }
                }
            }
        }
        for sequence in 0..<5000 {
            var packet = Packet.sample(milliseconds: Int64(sequence))
            packet.payload = pattern(at: UInt64(sequence), count: 100 + sequence % 900)
            try tape.append(.packet(packet), join: false)
        }
        tally.isDone.store(true, ordering: .releasing)
        reader.join()
        #expect(tally.torn.load(ordering: .relaxed) == 0)
    }
}

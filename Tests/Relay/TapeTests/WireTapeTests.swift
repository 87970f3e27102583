import Media
import NIOCore
import Tape
import Testing
import Toolkit

@Suite struct WireTapeTests {
    @Test func `every byte can be read until it is overwritten, at every alignment`() throws {
        let tape = try WireTape(name: "test", capacity: 4096, records: 64)
        #expect(tape.capacity == 4096)
        #expect(tape.recordLimit == 512)
        var dice = SeededGenerator(seed: 7)
        var records: [Range<UInt64>] = []
        for step in 0..<5000 {
            // The first round moves the records through all alignments of the ring.
            let count = step < 4100 ? 409 : dice.roll(1...512)
            let start = tape.head
            try tape.append(pattern(at: start, count: count), time: .milliseconds(Int64(step)), join: false)
            records.append(start..<tape.head)
            #expect(tape.head == start + UInt64(count))
            #expect(tape.head - tape.tail <= 4096)
            #expect(tape.tail <= tape.safeTail)
            #expect(tape.safeTail <= start)
            let whole = try #require(tape.copy(tape.tail..<tape.head))
            #expect(isPattern(whole, at: tape.tail))
            records.removeAll { $0.lowerBound < tape.tail }
            let picked = records[dice.roll(0...records.count - 1)]
            let inside = picked.lowerBound + UInt64(dice.roll(0...picked.count - 1))
            let found = try #require(tape.record(at: inside))
            #expect(found.range == picked)
            #expect(found.sequence == UInt64(step - (records.count - 1 - (records.firstIndex(of: picked) ?? 0))))
        }
        #expect(tape.copy(tape.tail - 1..<tape.head) == nil)
        #expect(tape.copy(tape.tail..<tape.head + 1) == nil)
        #expect(tape.copy(0..<UInt64.max) == nil)
        #expect(tape.record(at: tape.tail - 1) == nil)
        #expect(tape.record(at: tape.head) == nil)
    }

    @Test func `many small records wrap the index before the bytes`() throws {
        let tape = try WireTape(name: "test", capacity: 4096, records: 16)
        for step in 0..<100 {
            try tape.append(pattern(at: tape.head, count: 3), time: .zero, join: false)
            #expect(tape.head - tape.tail == UInt64(min(step + 1, 16) * 3))
            #expect(tape.head - tape.safeTail <= 12 * 3)
            let newest = tape.record(at: tape.head - 1)
            #expect(newest?.sequence == UInt64(step))
            #expect(newest?.range == tape.head - 3..<tape.head)
            let oldest = tape.record(at: tape.tail)
            #expect(oldest?.range.lowerBound == tape.tail)
        }
    }

    @Test func `one append never reaches what is safe`() throws {
        let tape = try WireTape(name: "test", capacity: 8192, records: 1024)
        var dice = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let safe = tape.safeTail
            try tape.append(pattern(at: tape.head, count: dice.roll(1...1024)), time: .zero, join: false)
            #expect(tape.tail <= safe)
        }
    }

    @Test func `a record that is too large is refused and changes nothing`() throws {
        let tape = try WireTape(name: "test", capacity: 4096, records: 16)
        try tape.append(pattern(at: 0, count: 512), time: .zero, join: false)
        #expect(throws: TapeError.recordTooLarge(513, limit: 512)) {
            try tape.append(pattern(at: 512, count: 513), time: .zero, join: true)
        }
        #expect(tape.head == 512)
        #expect(tape.newestJoin == nil)
    }

    @Test(arguments: [(0, 1), (-1, 1), (1 << 40, 1), (1, 0), (1, -1), (1, 1 << 32)])
    func `sizes that cannot be are refused`(capacity: Int, records: Int) {
        #expect(throws: TapeError.sizeInvalid(capacity: capacity, records: records)) {
            _ = try WireTape(name: "test", capacity: capacity, records: records)
        }
    }

    @Test func `nothing is appended after the end`() throws {
        let tape = try WireTape(name: "test", capacity: 4096, records: 16)
        #expect(!tape.isFinished)
        tape.finish()
        #expect(tape.isFinished)
        #expect(throws: TapeError.finished) { try tape.append(pattern(at: 0, count: 1), time: .zero, join: true) }
    }

    @Test func `an empty record is nothing`() throws {
        let tape = try WireTape(name: "test", capacity: 4096, records: 16)
        try tape.append(ByteBuffer(), time: .zero, join: true)
        #expect(tape.nextSequence == 0)
        #expect(tape.newestJoin == nil)
    }
}

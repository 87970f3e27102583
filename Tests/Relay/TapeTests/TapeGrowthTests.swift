import Glibc
import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

/// Tapes that begin small and follow their stream.
@Suite(.ownThread) struct TapeGrowthTests {
    /// Memory with a limit.
    private final class Purse: TapeMemory {
        private let state: Mutex<(used: Int, limit: Int, held: Int)>

        init(_ limit: Int) {
            self.state = Mutex((0, limit, 0))
        }

        /// How often memory was not taken back.
        var held: Int { self.state.withLock { $0.held } }

        var used: Int { self.state.withLock { $0.used } }
        func setLimit(_ limit: Int) { self.state.withLock { $0.limit = limit } }

        func resize(to bytes: Int, for need: TapeNeed) -> Bool {
            self.state.withLock { state in
                guard need.isInUse || bytes <= state.used || bytes <= state.limit else { return false }
                if need == .held { state.held += 1 }
                state.used = bytes
                return true
            }
        }
    }

    private static let second: Int64 = 1_000_000

    private func tape(
        _ purse: Purse,
        least: Int = 64 << 10,
        most: Int = 4 << 20,
        record: Int = 1 << 20,
        span: Int64 = 10 * second
    ) throws -> WireTape {
        let retention = TapeRetention(least: least, most: most, record: record, memory: purse)
        return try WireTape(name: "test", retention: retention, span: span, records: 1 << 14)
    }

    /// 25 records a second with a join every second, from a second to another.
    private func write(
        _ tape: WireTape,
        _ seconds: Range<Int>,
        bytesPerSecond: Int,
        joinEvery: Int = 1
    ) throws {
        for tick in seconds.lowerBound * 25..<seconds.upperBound * 25 {
            let time = MediaTime(microseconds: Int64(tick) * 40_000)
            let bytes = pattern(at: tape.head, count: bytesPerSecond / 25)
            try tape.append(bytes, time: time, join: tick % (25 * joinEvery) == 0)
        }
    }

    @Test func `a tape that nothing is written on has no memory`() throws {
        let purse = Purse(64 << 20)
        let tape = try self.tape(purse)
        #expect(tape.kept == 0)
        #expect(purse.used == 0)
        tape.settle()
        tape.warm()
        #expect(purse.used == 0)
        #expect(tape.shortfall == nil)
        try self.write(tape, 0..<1, bytesPerSecond: 1000)
        #expect(tape.kept == 64 << 10)
        #expect(purse.used > 64 << 10)
    }

    @Test func `it grows until it holds its time, and where its bytes lie does not change`() throws {
        let purse = Purse(64 << 20)
        let tape = try self.tape(purse)
        try self.write(tape, 0..<30, bytesPerSecond: 100_000)
        tape.settle()
        #expect(tape.shortfall == nil)
        // Ten seconds ago lies above the safe tail, where viewers may be.
        #expect(tape.head - tape.safeTail >= 1_000_000)
        #expect(tape.kept < 3_000_000)
        let bytes = try #require(tape.copy(tape.tail..<tape.head))
        for offset in stride(from: tape.tail, to: tape.head - 1000, by: 1000) {
            let index = bytes.readerIndex + Int(offset - tape.tail)
            let slice = try #require(bytes.getSlice(at: index, length: 1000))
            #expect(isPattern(slice, at: offset))
        }
    }

    @Test func `it follows a bitrate down again`() throws {
        let purse = Purse(64 << 20)
        let tape = try self.tape(purse)
        try self.write(tape, 0..<20, bytesPerSecond: 200_000)
        let (kept, used) = (tape.kept, purse.used)
        for second in 20..<60 {
            try self.write(tape, second..<second + 1, bytesPerSecond: 10_000)
            tape.settle()
        }
        #expect(tape.kept < kept / 4)
        #expect(purse.used < used / 2)
        #expect(tape.shortfall == nil)
        #expect(tape.newestJoin != nil)
    }

    @Test func `pages behind the tail go back to the system`() throws {
        let purse = Purse(64 << 20)
        let retention = TapeRetention(least: 64 << 10, most: 1 << 20, record: 1 << 20, memory: purse)
        let tape = try PacketTape(name: "test", retention: retention, span: Self.second, records: 64)
        let memory = try tape.shareMemory()
        func resident() -> Int {
            var status = stat()
            return unsafe fstat(memory.number, &status) == 0 ? Int(status.st_blocks) * 512 : .max
        }
        #expect(resident() < 32 << 10)
        for index in 0..<4000 {
            tape.warm()
            let payload = [UInt8](repeating: 1, count: 20_000)
            try tape.append(.packet(.sample(milliseconds: Int64(index) * 40, payload: payload)), join: index % 25 == 0)
        }
        // 80 MB went by.
        #expect(resident() <= purse.used)
        #expect(purse.used < 2 << 20)
        tape.empty()
        #expect(resident() < 32 << 10)
        #expect(purse.used == 0)
    }

    @Test func `where there is no memory it keeps less, and says so`() throws {
        let purse = Purse(1 << 20)
        let tape = try self.tape(purse, least: 64 << 10)
        try self.write(tape, 0..<30, bytesPerSecond: 100_000)
        tape.settle()
        let shortfall = try #require(tape.shortfall)
        #expect(shortfall.isRefused)
        #expect(shortfall.wanted == 10 * Self.second)
        #expect(shortfall.kept < 5 * Self.second)
        purse.setLimit(64 << 20)
        try self.write(tape, 30..<60, bytesPerSecond: 100_000)
        tape.settle()
        #expect(tape.shortfall == nil)
    }

    @Test func `it is no larger than it may be for the sake of its time`() throws {
        let purse = Purse(64 << 20)
        let tape = try self.tape(purse, most: 512 << 10)
        try self.write(tape, 0..<30, bytesPerSecond: 100_000)
        tape.settle()
        #expect(tape.kept == 512 << 10)
        let shortfall = try #require(tape.shortfall)
        #expect(!shortfall.isRefused)
        #expect(shortfall.kept > 4 * Self.second)
    }

    @Test func `a large record is taken all the same, where there is memory`() throws {
        let purse = Purse(64 << 20)
        let tape = try self.tape(purse, most: 256 << 10)
        try tape.append(ByteBuffer(repeating: 1, count: 1 << 20), time: .zero, join: true)
        #expect(tape.kept >= 4 << 20)
        #expect(tape.newestJoin?.offset == 0)
        #expect(throws: TapeError.recordTooLarge(1 << 21, limit: 1 << 20)) {
            try tape.append(ByteBuffer(repeating: 1, count: 1 << 21), time: .zero, join: true)
        }
    }

    @Test func `without memory a large record is refused, and what is there stays`() throws {
        let purse = Purse(1 << 20)
        let tape = try self.tape(purse)
        try self.write(tape, 0..<1, bytesPerSecond: 10_000)
        let head = tape.head
        #expect(throws: TapeError.noMemory(1 << 20)) {
            try tape.append(ByteBuffer(repeating: 1, count: 1 << 20), time: .zero, join: true)
        }
        #expect(tape.head == head)
        #expect(tape.newestJoin?.offset == 0)
        let none = try self.tape(Purse(0))
        #expect(!none.start())
        #expect(throws: TapeError.noMemory(1)) {
            try none.append(ByteBuffer(repeating: 1, count: 1), time: .zero, join: true)
        }
    }

    @Test func `a group of pictures that is longer than its time is kept for newcomers`() throws {
        let purse = Purse(64 << 20)
        let tape = try self.tape(purse, span: Self.second)
        try self.write(tape, 0..<19, bytesPerSecond: 50_000, joinEvery: 20)
        tape.settle()
        #expect(tape.newestJoin?.offset == 0)
        try self.write(tape, 19..<30, bytesPerSecond: 50_000, joinEvery: 20)
        #expect(tape.newestJoin?.time == .milliseconds(20_000))
    }

    @Test func `what was emptied goes on at the next byte`() throws {
        let purse = Purse(64 << 20)
        let tape = try self.tape(purse)
        try self.write(tape, 0..<5, bytesPerSecond: 50_000)
        tape.warm()
        let head = tape.head
        tape.empty()
        #expect(purse.used == 0)
        #expect(tape.head == head)
        #expect(tape.safeTail == head)
        #expect(tape.newestJoin == nil)
        #expect(tape.copy(0..<head) == nil)
        tape.empty()
        try self.write(tape, 300..<305, bytesPerSecond: 50_000)
        tape.settle()
        #expect(tape.shortfall == nil)
        let bytes = try #require(tape.copy(head..<head + 1000))
        #expect(isPattern(bytes, at: head))
    }

    @Test func `readers beside a tape that grows and shrinks see whole bytes or nothing`() throws {
        let purse = Purse(8 << 20)
        let tape = try self.tape(purse, least: 8 << 10, most: 1 << 20, record: 16 << 10, span: Self.second)
        let tally = Tally()
        let reader = try WorkerThread(name: "reader") {
            var dice = SeededGenerator(seed: 7)
            while !tally.isDone.load(ordering: .acquiring) {
                let (tail, head) = (tape.tail, tape.head)
                guard head > tail else { continue }
                let start = tail + dice.next() % (head - tail)
                guard let bytes = tape.copy(start..<min(head, start + 60_000)) else { continue }
                if isPattern(bytes, at: start) {
                    tally.whole.add(1, ordering: .relaxed)
                } else {
                    tally.torn.add(1, ordering: .relaxed)
                }
            }
        }
        var dice = SeededGenerator(seed: 99)
        for round in 0..<200 {
            let size = round % 40 < 20 ? 16 << 10 : 200
            for step in 0..<25 {
                let time = MediaTime(microseconds: Int64(round * 25 + step) * 40_000)
                try tape.append(pattern(at: tape.head, count: dice.roll(1...size)), time: time, join: step == 0)
            }
            tape.settle()
            tape.warm()
            if round % 50 == 49 { tape.empty() }
        }
        tally.isDone.store(true, ordering: .releasing)
        reader.join()
        #expect(tally.torn.load(ordering: .relaxed) == 0)
        #expect(tally.whole.load(ordering: .relaxed) > 0)
    }

    /// Where pages stay, what is kept must stay whole, nothing is asked of the system for each record, and the ring's size
    /// is all that can pile up.
    @Test func `where the system takes no memory back the tape goes on and answers for it`() throws {
        let purse = Purse(64 << 20)
        let refusals = Mutex((isRefusing: true, count: 0))
        let retention = TapeRetention(least: 64 << 10, most: 1 << 20, record: 64 << 10, memory: purse) {
            refusals.withLock { state in
                state.count += 1
                return state.isRefusing
            }
        }
        let tape = try WireTape(name: "test", retention: retention, span: Self.second, records: 1 << 14)
        let ring = 2 << 20
        func expectWhole(_ place: SourceLocation = #_sourceLocation) throws {
            let bytes = try #require(tape.copy(tape.tail..<tape.head), sourceLocation: place)
            for offset in stride(from: 0, to: bytes.readableBytes, by: 4000) {
                let record = try #require(bytes.getSlice(at: bytes.readerIndex + offset, length: 4000))
                #expect(isPattern(record, at: tape.tail + UInt64(offset)), sourceLocation: place)
            }
        }
        var most = 0
        for second in 0..<100 {
            try self.write(tape, second..<second + 1, bytesPerSecond: 100_000)
            most = max(most, purse.used)
            try expectWhole()
        }
        // 10 MB went by: five times the ring.
        #expect(purse.held > 0)
        #expect(most > ring / 2 && most < ring * 3 / 2 + (1 << 19))
        #expect(refusals.withLock { $0.count } < 400, "2500 records were written")
        let busy = purse.used
        tape.settle()
        tape.empty()
        #expect(tape.kept == 0 && purse.used > 0 && purse.used <= busy)
        for second in 100..<160 { try self.write(tape, second..<second + 1, bytesPerSecond: 100_000) }
        try expectWhole()
        // Once the system takes it, all of it goes.
        refusals.withLock { $0.isRefusing = false }
        for second in 160..<190 {
            try self.write(tape, second..<second + 1, bytesPerSecond: 100_000)
            try expectWhole()
        }
        tape.settle()
        #expect(purse.used < busy / 2)
        tape.empty()
        #expect(purse.used == 0)
    }

    private final class Tally: Sendable {
        let whole = Atomic(0)
        let torn = Atomic(0)
        let isDone = Atomic(false)
    }
}

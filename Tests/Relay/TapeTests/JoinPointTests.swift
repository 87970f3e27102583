import Media
import NIOCore
import Tape
import Testing

@Suite struct JoinPointTests {
    private let first = Preamble(opening: ByteBuffer(string: "one"), refresh: ByteBuffer(string: "1"))
    private let second = Preamble(opening: ByteBuffer(string: "two"), refresh: ByteBuffer(string: "2"))

    private func tape() throws -> WireTape {
        try WireTape(name: "test", capacity: 8192, records: 256)
    }

    @Test func `a join carries the preamble in force and where that began`() throws {
        let tape = try self.tape()
        #expect(tape.newestJoin == nil)
        tape.setPreamble(self.first)
        try tape.append(ByteBuffer(string: "audio"), time: .zero, join: false)
        #expect(tape.newestJoin == nil)
        try tape.append(ByteBuffer(string: "key"), time: .milliseconds(40), join: true)
        var join = try #require(tape.newestJoin)
        #expect(join.offset == 5)
        #expect(join.sequence == 1)
        #expect(join.time == .milliseconds(40))
        #expect(join.preamble == self.first)
        #expect(join.preambleOffset == 5)

        try tape.append(ByteBuffer(string: "key"), time: .milliseconds(80), join: true)
        join = try #require(tape.newestJoin)
        #expect(join.offset == 8)
        #expect(join.preambleOffset == 5)

        tape.setPreamble(self.first)
        try tape.append(ByteBuffer(string: "key"), time: .milliseconds(120), join: true)
        #expect(tape.newestJoin?.preambleOffset == 5)

        tape.setPreamble(self.second)
        #expect(tape.newestJoin?.preamble == self.first)
        try tape.append(ByteBuffer(string: "key"), time: .milliseconds(160), join: true)
        join = try #require(tape.newestJoin)
        #expect(join.preamble == self.second)
        #expect(join.preambleOffset == 14)
        #expect(tape.barrierCount == 0)
    }

    @Test func `a join that is about to be overwritten is none`() throws {
        let tape = try self.tape()
        try tape.append(pattern(at: 0, count: 100), time: .zero, join: true)
        while tape.safeTail == 0 {
            #expect(tape.newestJoin?.offset == 0)
            try tape.append(pattern(at: tape.head, count: 500), time: .zero, join: false)
        }
        #expect(tape.newestJoin == nil)
        #expect(tape.tail == 0)
        let next = tape.head
        try tape.append(pattern(at: next, count: 500), time: .zero, join: true)
        #expect(tape.newestJoin?.offset == next)
    }

    @Test func `a preamble that cannot be continued is a barrier`() throws {
        let tape = try self.tape()
        var preamble = self.first
        preamble.continuable = false
        // In front of the first byte it bars nobody.
        tape.setPreamble(preamble)
        #expect(tape.barrierCount == 0)
        try tape.append(pattern(at: 0, count: 10), time: .zero, join: true)

        preamble.opening = ByteBuffer(string: "three")
        tape.setPreamble(preamble)
        #expect(tape.barrierCount == 1)
        #expect(tape.newestJoin == nil)
        #expect(tape.barrier(after: 0) == 10)
        try tape.append(pattern(at: 10, count: 10), time: .zero, join: true)
        #expect(tape.barrier(after: 10) == nil)

        preamble.opening = ByteBuffer(string: "four")
        tape.setPreamble(preamble)
        #expect(tape.barrierCount == 2)
        #expect(tape.barrier(after: 0) == 10)
        #expect(tape.barrier(after: 10) == 20)
        #expect(tape.barrier(after: 20) == nil)
    }
}

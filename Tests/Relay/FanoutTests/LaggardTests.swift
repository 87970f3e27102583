import Fanout
import Linux
import Media
import NIOCore
import Tape
import Testing
import Toolkit

@Suite(.ownThread) struct LaggardTests {
    private var limits: FanoutLimits {
        var limits = FanoutLimits()
        limits.sendBuffer = 8192
        return limits
    }

    private func tape(_ preamble: String = "", continuable: Bool = true) throws -> WireTape {
        let tape = try WireTape(name: "test", capacity: 65536, records: 1024)
        tape.setPreamble(self.preamble(preamble, continuable: continuable))
        return tape
    }

    private func preamble(_ text: String, continuable: Bool = true) -> Preamble {
        Preamble(
            opening: ByteBuffer(string: text),
            refresh: ByteBuffer(string: text.lowercased()),
            continuable: continuable
        )
    }

    @Test func `a laggard finishes its record and goes on at a join`() throws {
        let tape = try self.tape()
        let engine = try FanoutEngine.testing(limits: self.limits)
        let ends = try Ends()
        let audience = try Audience()
        try tape.write(0..<1)
        let deaf = engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.settle()
        var next = 1
        for _ in 0..<3 {
            // Until it was moved; the other reads along and misses nothing.
            let skips = engine.statistics.skips
            while engine.statistics.skips == skips {
                let total = tape.head
                try tape.write(next..<next + 5, body: 1500)
                next += 5
                try audience.listen(deaf: [0]) { UInt64(audience.received[1].count) > total }
            }
            try audience.listen { engine.statistics(of: deaf)?.offset == tape.head }
        }
        tape.finish()
        try audience.listen { audience.isClosed[0] && audience.isClosed[1] }
        #expect(Message.parse(audience.received[1])?.map(\.sequence) == Array(0..<next))
        let messages = try #require(Message.parse(audience.received[0]))
        var gaps = 0
        for (before, after) in zip(messages, messages.dropFirst()) where after.sequence != before.sequence + 1 {
            gaps += 1
            #expect(after.sequence > before.sequence)
            #expect(after.isJoin)
        }
        let end = try #require(try ends.wait(for: 2).first { $0.id == deaf })
        #expect(end.reason == .finished)
        #expect(gaps > 0)
        #expect(end.skips >= UInt64(gaps))
        #expect(Int(end.statistics.skippedRecords) + messages.count == next)
        #expect(end.statistics.skippedBytes + end.bytesSent == tape.head)
        #expect(engine.statistics.skips == end.skips)
        engine.shutdown()
    }

    @Test func `who skips past a new preamble is sent its refresh`() throws {
        let tape = try self.tape("ONE")
        let engine = try FanoutEngine.testing(limits: self.limits)
        let audience = try Audience()
        try tape.write(0..<1, body: 1500)
        engine.add(Viewer(descriptor: try audience.join(), tape: tape))
        try audience.listen { audience.received[0].count > 1500 }
        tape.setPreamble(self.preamble("TWO"))
        var next = 1
        while engine.statistics.skips == 0 {
            try tape.write(next..<next + 5, joinEvery: 20, body: 1500)
            next += 5
            engine.settle()
        }
        tape.finish()
        try audience.listen { audience.isClosed[0] }
        let bytes = audience.received[0]
        #expect(bytes.starts(with: "ONE".utf8))
        let found = bytes.firstRange(of: Array("two".utf8))
        let refresh = try #require(found)
        let before = try #require(Message.parse(bytes[3..<refresh.lowerBound]))
        let after = try #require(Message.parse(bytes[refresh.upperBound...]))
        #expect(before.map(\.sequence) == Array(0..<before.count))
        #expect(after.first?.isJoin == true)
        #expect(after.last?.sequence == next - 1)
        engine.shutdown()
    }

    @Test func `who reads past a new preamble is sent nothing extra`() throws {
        let tape = try self.tape("ONE")
        let engine = try FanoutEngine.testing()
        let audience = try Audience()
        try tape.write(0..<5)
        engine.add(Viewer(descriptor: try audience.join(), tape: tape))
        try audience.listen { Message.parse(audience.received[0].dropFirst(3))?.count == 5 }
        tape.setPreamble(self.preamble("TWO"))
        try tape.write(5..<25)
        tape.finish()
        try audience.listen { audience.isClosed[0] }
        #expect(Message.parse(audience.received[0].dropFirst(3))?.count == 25)
        engine.shutdown()
    }

    @Test func `a preamble that cannot be continued ends those who began before it`() throws {
        let tape = try self.tape("ONE", continuable: false)
        let engine = try FanoutEngine.testing()
        let ends = try Ends()
        let audience = try Audience()
        try tape.write(0..<5)
        let old = engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        try audience.listen { Message.parse(audience.received[0].dropFirst(3))?.count == 5 }
        tape.setPreamble(self.preamble("TWO", continuable: false))
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        try tape.write(10..<15)
        #expect(try ends.wait(for: 1).map(\.id) == [old])
        #expect(ends.all.map(\.reason) == [.preambleChanged])
        tape.setPreamble(self.preamble("THREE", continuable: false))
        try tape.write(20..<25)
        #expect(try ends.wait(for: 2).map(\.reason) == [.preambleChanged, .preambleChanged])
        try audience.listen { audience.isClosed == [true, true] }
        #expect(Message.parse(audience.received[0].dropFirst(3))?.map(\.sequence) == Array(0..<5))
        #expect(audience.received[1].starts(with: "TWO".utf8))
        #expect(Message.parse(audience.received[1].dropFirst(3))?.map(\.sequence) == Array(10..<15))
        engine.shutdown()
    }

    @Test func `who skips past a preamble that cannot be continued is ended`() throws {
        let tape = try self.tape("ONE", continuable: false)
        let engine = try FanoutEngine.testing(limits: self.limits)
        let ends = try Ends()
        let audience = try Audience()
        try tape.write(0..<1)
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.settle()
        try tape.write(1..<20, body: 1500)
        engine.settle()
        tape.setPreamble(self.preamble("TWO", continuable: false))
        var next = 20
        while engine.statistics.skips == 0 {
            try tape.write(next..<next + 5, body: 1500)
            next += 5
            engine.settle()
        }
        try audience.listen { audience.isClosed[0] }
        #expect(try ends.wait(for: 1).map(\.reason) == [.preambleChanged])
        let messages = try #require(Message.parse(audience.received[0].dropFirst(3)))
        #expect(messages.map(\.sequence) == Array(0..<messages.count))
        #expect(messages.count < 20)
        engine.shutdown()
    }

    @Test func `without memory for the rest of its record a laggard is ended`() throws {
        var limits = self.limits
        limits.aside = 0
        // The kernel's smallest: no record fits, so it is stuck in the middle of one.
        limits.sendBuffer = 1
        let tape = try self.tape()
        let engine = try FanoutEngine.testing(limits: limits)
        let ends = try Ends()
        let audience = try Audience()
        try tape.write(0..<1)
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.settle()
        var next = 1
        while ends.all.isEmpty, engine.statistics.skips == 0 {
            try tape.write(next..<next + 5, body: 7001)
            next += 5
            engine.settle()
        }
        #expect(try ends.wait(for: 1).map(\.reason) == [.overrun])
        #expect(engine.statistics.overruns == 1)
        engine.shutdown()
    }

    @Test func `what a stuck viewer has not taken is sent before the end`() throws {
        let tape = try self.tape()
        let engine = try FanoutEngine.testing(limits: self.limits)
        let ends = try Ends()
        let audience = try Audience()
        try tape.write(0..<20, joinEvery: 20, body: 1500)
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.wait { $0.bytesSent > 0 }
        tape.finish()
        engine.settle()
        #expect(ends.all.isEmpty)
        try audience.listen { audience.isClosed[0] }
        #expect(Message.parse(audience.received[0])?.count == 20)
        #expect(try ends.wait(for: 1).map(\.reason) == [.finished])
        engine.shutdown()
    }
}

extension FanoutEngine {
    /// Waits until the one thread has looked at everything that was published before. The tick is of who looks: without one,
    /// publishers are read at once.
    func settle(tick: Duration = .zero) {
        let probe = try? WireTape(name: "probe", capacity: 4096, records: 16)
        let ends = try? Ends()
        guard let probe, let ends, let pair = try? TCPSocket.pair(), let socket = try? pair.first.duplicate() else {
            return
        }
        probe.finish()
        // A viewer of a finished tape ends at once. Passes come after arrivals: the second one's arrival is behind the
        // passes that followed the first's.
        self.add(Viewer(descriptor: socket, tape: probe, tick: tick, onEnd: ends.note))
        _ = try? ends.wait(for: 1)
        guard let second = try? pair.first.duplicate() else { return }
        self.add(Viewer(descriptor: second, tape: probe, tick: tick, onEnd: ends.note))
        _ = try? ends.wait(for: 2)
    }
}

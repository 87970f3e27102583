import Fanout
import Glibc
import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

@Suite(.ownThread) struct EngineTests {
    @Test func `more viewers than the limit are refused`() throws {
        var limits = FanoutLimits()
        limits.viewers = 2
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64)
        let engine = try FanoutEngine.testing(threads: 2, limits: limits)
        let ends = try Ends()
        let audience = try Audience()
        let first = engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        #expect(try ends.wait(for: 1).map(\.reason) == [.refused])
        try audience.listen { audience.isClosed[2] }
        engine.remove(first)
        #expect(try ends.wait(for: 2).last?.reason == .removed)
        engine.wait { $0.viewers == 1 }
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.wait { $0.viewers == 2 }
        engine.shutdown()
        #expect(ends.all.map(\.reason) == [.refused, .removed, .shutdown, .shutdown])
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        #expect(ends.all.last?.reason == .refused)
        engine.shutdown()
    }

    @Test func `a thread that has not run yet is not stuck`() throws {
        let scheduler = Mutex(())
        let maker = pthread_self()
        let now = MonotonicInstant(nanoseconds: 36_000_000_000_000)
        let engine = try scheduler.withLock { _ in
            let clock: @Sendable () -> MonotonicInstant = {
                if pthread_equal(pthread_self(), maker) == 0 { scheduler.withLock { _ in } }
                return now
            }
            let engine = try FanoutEngine.testing(threads: 2, clock: clock)
            #expect(engine.lastRounds == [now, now])
            return engine
        }
        engine.shutdown()
    }

    @Test func `draining sends what is on the tape`() throws {
        var limits = FanoutLimits()
        limits.sendBuffer = 8192
        let tape = try WireTape(name: "test", capacity: 1 << 19, records: 1024)
        try tape.write(0..<100, joinEvery: 100, body: 1000)
        let engine = try FanoutEngine.testing(threads: 2, limits: limits)
        let ends = try Ends()
        let audience = try Audience()
        for number in 0..<4 {
            engine.add(
                Viewer(
                    descriptor: try audience.join(tcp: number == 0),
                    tape: tape,
                    tick: .seconds(number),
                    onEnd: ends.note
                )
            )
        }
        engine.wait { $0.viewers == 4 }
        let closer = try WorkerThread(name: "closer") { engine.shutdown(draining: .seconds(3600)) }
        try audience.listen { audience.isClosed.allSatisfy { $0 } }
        closer.join()
        for bytes in audience.received { #expect(Message.parse(bytes)?.count == 100) }
        #expect(ends.all.map(\.reason) == [.shutdown, .shutdown, .shutdown, .shutdown])
    }

    @Test func `a drain ends at its time`() throws {
        var limits = FanoutLimits()
        limits.sendBuffer = 8192
        // However far the clock has come when the shutdown begins, nothing else may end the viewer.
        limits.stall = .seconds(Int64(1) << 32)
        let clock = ManualClock()
        let tape = try WireTape(name: "test", capacity: 1 << 19, records: 1024)
        try tape.write(0..<100, joinEvery: 100, body: 1000)
        let engine = try FanoutEngine.testing(limits: limits, clock: clock.read)
        let ends = try Ends()
        let audience = try Audience()
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.wait { $0.bytesSent > 0 }
        let closer = try WorkerThread(name: "closer") { engine.shutdown(draining: .seconds(10)) }
        while ends.all.isEmpty {
            clock.advance(.seconds(1))
            engine.wake()
            WorkerThread.yield()
        }
        closer.join()
        #expect(ends.all.map(\.reason) == [.shutdown])
    }

    @Test func `an engine that is let go of ends its viewers`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64)
        let ends = try Ends()
        let audience = try Audience()
        do {
            let engine = try FanoutEngine.testing()
            engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        }
        #expect(try ends.wait(for: 1).map(\.reason) == [.shutdown])
        try audience.listen { audience.isClosed[0] }
    }

    @Test func `writers, readers and engine threads in a hurry lose and tear nothing`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 18, records: 1 << 12)
        try tape.write(0..<1)
        let engine = try FanoutEngine.testing(threads: 3)
        let ends = try Ends()
        let audience = try Audience()
        for number in 0..<12 {
            engine.add(
                Viewer(
                    descriptor: try audience.join(tcp: number % 3 == 0),
                    tape: tape,
                    tick: .microseconds(number % 4 * 150),
                    onEnd: ends.note
                )
            )
        }
        engine.wait { $0.viewers == 12 }
        let count = 6000
        let writer = try WorkerThread(name: "writer") {
            try? tape.write(1..<count, joinEvery: 7, body: 60)
            tape.finish()
        }
        try audience.listen { audience.isClosed.allSatisfy { $0 } }
        writer.join()
        let all = try ends.wait(for: 12)
        for bytes in audience.received {
            let messages = try #require(Message.parse(bytes))
            for (before, after) in zip(messages, messages.dropFirst()) where after.sequence != before.sequence + 1 {
                #expect(after.isJoin && after.sequence > before.sequence)
            }
            #expect(messages.last?.sequence == count - 1)
            let end = all.first { $0.bytesSent == UInt64(bytes.count) }
            #expect(end?.reason == .finished)
        }
        engine.shutdown()
    }

    @Test func `nobody is sent a byte behind a preamble it cannot continue with`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 1 << 12)
        let engine = try FanoutEngine.testing()
        let audience = try Audience()
        let crowd = 60
        for epoch in 0..<20 {
            tape.setPreamble(Preamble(opening: ByteBuffer(integer: UInt32(epoch)), continuable: false))
            try self.write(epoch * 10..<epoch * 10 + 5, to: tape)
            // The last epoch's have seen that theirs is over.
            try audience.listen { audience.isClosed.allSatisfy { $0 } }
            var ids: [ViewerID] = []
            for _ in 0..<crowd {
                ids.append(engine.add(Viewer(descriptor: try audience.join(), tape: tape)))
            }
            engine.settle()
            let before = ids.first.flatMap { engine.statistics(of: $0)?.sends }
            try self.write(epoch * 10 + 5..<epoch * 10 + 10, to: tape)
            // The next preamble comes while the engine goes round: the first has been served, the others have not.
            while let id = ids.first, engine.statistics(of: id)?.sends == before {}
        }
        tape.finish()
        try audience.listen { audience.isClosed.allSatisfy { $0 } }
        for (number, bytes) in audience.received.enumerated() {
            let epoch = number / crowd
            #expect(bytes.prefix(4).elementsEqual([0, 0, 0, UInt8(epoch)]))
            #expect(Message.parse(bytes.dropFirst(4))?.map(\.sequence) == Array(epoch * 10..<epoch * 10 + 10))
        }
        engine.shutdown()
    }

    private func write(_ range: Range<Int>, to tape: WireTape) throws {
        for sequence in range {
            let isJoin = sequence % 10 == 0
            try tape.append(Message.bytes(sequence, join: isJoin, body: 40), time: .zero, join: isJoin)
        }
        tape.publish()
    }
}

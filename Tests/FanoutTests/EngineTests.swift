import Fanout
import Linux
import Media
import NIOCore
import Tape
import Testing

@Suite struct EngineTests {
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
        let count = 20000
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
        let engine = try FanoutEngine.testing(threads: 2)
        let ends = try Ends()
        let audience = try Audience()
        for epoch in 0..<200 {
            tape.setPreamble(Preamble(opening: ByteBuffer(integer: UInt32(epoch)), continuable: false))
            for message in 0..<10 {
                let bytes = Message.bytes(epoch * 10 + message, join: message == 0, body: 40)
                try tape.append(bytes, time: .zero, join: message == 0)
                tape.publish()
                if message == 5, epoch < 190 {
                    let tick = Duration.microseconds(epoch % 2 * 50)
                    engine.add(Viewer(descriptor: try audience.join(), tape: tape, tick: tick, onEnd: ends.note))
                }
            }
        }
        tape.finish()
        try audience.listen { audience.isClosed.allSatisfy { $0 } }
        for bytes in audience.received where !bytes.isEmpty {
            let epoch = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let messages = try #require(Message.parse(bytes.dropFirst(4)))
            #expect(messages.map(\.sequence) == Array(epoch * 10..<epoch * 10 + messages.count))
            #expect(messages.count <= 10)
        }
        #expect(try ends.wait(for: 190).count == 190)
        engine.shutdown()
    }
}

import Fanout
import Linux
import Media
import NIOCore
import Tape
import Testing
import Toolkit

@Suite(.ownThread) struct BudgetTests {
    @Test func `a budget is kept to the nanosecond and costs one call`() throws {
        let clock = ManualClock()
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
        try tape.write(0..<1)
        let first = Int(tape.head)
        let engine = try FanoutEngine.testing(clock: clock.read)
        let audience = try Audience()
        let patient = engine.add(Viewer(descriptor: try audience.join(), tape: tape, tick: .milliseconds(50)))
        // On the same thread, behind the other: what it has received the other was looked at for.
        engine.add(Viewer(descriptor: try audience.join(), tape: tape))
        try audience.listen { audience.received.allSatisfy { $0.count == first } }
        engine.settle()
        var sends: UInt64 = 1
        #expect(engine.statistics(of: patient)?.sends == sends)

        for round in 1...3 {
            let start = Int(tape.head)
            for step in 0..<10 {
                try tape.write(round * 10 + step..<round * 10 + step + 1)
                try audience.listen { audience.received[1].count == Int(tape.head) }
                clock.advance(.milliseconds(4))
                engine.wake()
            }
            // 40 ms have passed since the first of them.
            clock.advance(.nanoseconds(9_999_999))
            engine.wake()
            engine.settle()
            #expect(engine.statistics(of: patient)?.sends == sends)
            #expect(engine.statistics(of: patient)?.bytesSent == UInt64(start))
            clock.advance(.nanoseconds(1))
            engine.wake()
            try audience.listen { audience.received[0].count == Int(tape.head) }
            engine.settle()
            sends += 1
            #expect(engine.statistics(of: patient)?.sends == sends)
        }
        #expect(Message.parse(audience.received[0])?.count == 31)
        engine.shutdown()
    }

    @Test func `silence costs nothing`() throws {
        let clock = ManualClock()
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
        try tape.write(0..<1)
        let engine = try FanoutEngine.testing(clock: clock.read)
        let audience = try Audience()
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, tick: .milliseconds(20)))
        try audience.listen { audience.received[0].count == Int(tape.head) }
        let passes = engine.statistics.passes
        for _ in 0..<20 {
            clock.advance(.milliseconds(100))
            engine.wake()
            engine.settle()
        }
        #expect(engine.statistics.passes <= passes + 1)
        #expect(engine.statistics.sends == 1)
        engine.shutdown()
    }

    @Test func `who takes nothing is dropped, who takes a little is not`() throws {
        let clock = ManualClock()
        var limits = FanoutLimits()
        limits.sendBuffer = 8192
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
        try tape.write(0..<1000, joinEvery: 1000, body: 500)
        let engine = try FanoutEngine.testing(limits: limits, clock: clock.read)
        let ends = try Ends()
        let audience = try Audience()
        let deaf = engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        let slow = engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.wait { $0.viewers == 2 }
        engine.settle()
        for _ in 0..<3 {
            clock.advance(.milliseconds(4900))
            engine.wake()
            engine.settle()
            #expect(ends.all.isEmpty)
            let before = engine.statistics(of: slow)?.bytesSent ?? 0
            try audience.listen(deaf: [0]) { (engine.statistics(of: slow)?.bytesSent ?? .max) > before }
        }
        // Stalls are looked for once a second.
        clock.advance(.milliseconds(1300))
        engine.wake()
        let all = try ends.wait(for: 1)
        #expect(all.map(\.id) == [deaf])
        #expect(all.map(\.reason) == [.stalled])
        #expect(engine.statistics(of: slow) != nil)
        engine.settle()
        #expect(engine.statistics.stalls == 1)
        engine.shutdown()
    }

    @Test func `who has everything is not stalled`() throws {
        let clock = ManualClock()
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
        try tape.write(0..<1)
        let engine = try FanoutEngine.testing(clock: clock.read)
        let audience = try Audience()
        let id = engine.add(Viewer(descriptor: try audience.join(), tape: tape))
        engine.add(Viewer(descriptor: try audience.join(), tape: try WireTape(name: "x", capacity: 1, records: 1)))
        engine.wait { $0.viewers == 2 }
        clock.advance(.seconds(3600))
        engine.wake()
        engine.settle()
        #expect(engine.statistics(of: id) != nil)
        #expect(engine.statistics.viewers == 2)
        engine.shutdown()
    }
}

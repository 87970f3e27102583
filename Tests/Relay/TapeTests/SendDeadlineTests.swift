import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

@Suite(.ownThread) struct SendDeadlineTests {
    private final class ManualClock: Sendable {
        let nanoseconds = Atomic<Int64>(1000)

        var clock: @Sendable () -> MonotonicInstant {
            { MonotonicInstant(nanoseconds: self.nanoseconds.load(ordering: .relaxed)) }
        }
    }

    private final class Setup {
        let clock = ManualClock()
        let signal: TapeSignal
        let sendDeadline: SendDeadline
        let tape: WireTape
        var poller: Poller

        init(tick: Duration) throws {
            self.signal = try TapeSignal(clock: self.clock.clock)
            self.sendDeadline = SendDeadline(tick: tick, signal: self.signal)
            self.tape = try WireTape(name: "test", capacity: 4096, records: 16)
            self.tape.attach(self.sendDeadline)
            self.poller = try Poller.make()
            try self.poller.add(number: self.signal.descriptor, token: 1, for: .readable)
        }

        func publish() throws {
            try self.tape.append(ByteBuffer(string: "x"), time: .zero, join: false)
            self.tape.publish()
        }

        func isSignalled() throws -> Bool {
            defer { self.signal.drain() }
            return try self.poller.wait(for: .zero) > 0
        }
    }

    @Test func `the deadline is the budget after the first byte`() throws {
        let setup = try Setup(tick: .milliseconds(20))
        #expect(setup.sendDeadline.instant == nil)
        try setup.publish()
        #expect(setup.sendDeadline.instant == 20_001_000)
        setup.clock.nanoseconds.store(5_000_000, ordering: .relaxed)
        try setup.publish()
        #expect(setup.sendDeadline.instant == 20_001_000)
        setup.sendDeadline.clear()
        #expect(setup.sendDeadline.instant == nil)
        try setup.publish()
        #expect(setup.sendDeadline.instant == 25_000_000)
    }

    @Test func `a thread that is awake is not signalled`() throws {
        let setup = try Setup(tick: .zero)
        try setup.publish()
        #expect(try !setup.isSignalled())
        #expect(setup.sendDeadline.instant == 1000)
    }

    @Test func `a sleeping thread is signalled once`() throws {
        let setup = try Setup(tick: .zero)
        setup.signal.willSleep(until: .max)
        try setup.publish()
        try setup.publish()
        #expect(try setup.isSignalled())
        #expect(try !setup.isSignalled())
        setup.sendDeadline.clear()
        try setup.publish()
        #expect(try !setup.isSignalled())
    }

    @Test func `a thread that wakes in time anyway is not signalled`() throws {
        let setup = try Setup(tick: .milliseconds(20))
        setup.signal.willSleep(until: 20_001_000)
        try setup.publish()
        #expect(try !setup.isSignalled())
        setup.sendDeadline.clear()
        setup.signal.willSleep(until: 20_001_001)
        try setup.publish()
        #expect(try setup.isSignalled())
    }

    @Test func `a detached sendDeadline is left alone`() throws {
        let setup = try Setup(tick: .zero)
        setup.tape.detach(setup.sendDeadline)
        try setup.publish()
        #expect(setup.sendDeadline.instant == nil)
    }

    @Test func `the end opens the sendDeadline`() throws {
        let setup = try Setup(tick: .zero)
        setup.signal.willSleep(until: .max)
        setup.tape.finish()
        #expect(try setup.isSignalled())
    }

    @Test func `no wake is lost between a writer and a thread that goes to sleep`() throws {
        let signal = try TapeSignal(clock: { MonotonicClock.now })
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 1 << 16)
        let sendDeadline = SendDeadline(tick: .zero, signal: signal)
        tape.attach(sendDeadline)
        var poller = try Poller.make()
        try poller.add(number: signal.descriptor, token: 1, for: .readable)
        let count: UInt64 = 4000
        let progress = Progress()
        let writer = try WorkerThread(name: "writer") {
            for number in 0..<count {
                // Strictly in turns: a lost wake would stop both for ever.
                while progress.seen.load(ordering: .acquiring) < number {}
                try? tape.append(ByteBuffer(string: "x"), time: .zero, join: false)
                tape.publish()
            }
        }
        while progress.seen.load(ordering: .relaxed) < count {
            sendDeadline.clear()
            progress.seen.store(tape.head, ordering: .releasing)
            guard tape.head < count else { break }
            signal.willSleep(until: .max)
            if sendDeadline.instant == nil {
                _ = try poller.wait(for: nil)
                signal.drain()
            }
            signal.didWake()
        }
        progress.seen.store(count, ordering: .releasing)
        writer.join()
        #expect(tape.head == count)
    }

    private final class Progress: Sendable {
        let seen = Atomic<UInt64>(0)
    }
}

import Linux
import Synchronization
import Testing
import Toolkit

@Suite(.ownThread) struct PollerTests {
    @Test func `an event wakes a waiting thread`() throws {
        let shared = try Shared()
        var poller = try Poller.make(capacity: 4)
        try poller.add(shared.event.descriptor, token: 42, for: .readable)
        #expect(try poller.wait(for: .zero) == 0)
        let thread = try WorkerThread(name: "signaller") { shared.event.signal() }
        #expect(try poller.wait(for: nil) == 1)
        #expect(poller[0].token == 42)
        #expect(poller[0].readiness == .readable)
        thread.join()
        let drained = shared.event.drain()
        #expect(drained)
        let again = shared.event.drain()
        #expect(!again)
        #expect(try poller.wait(for: .zero) == 0)
        shared.event.signal()
        try poller.remove(shared.event.descriptor)
        #expect(try poller.wait(for: .zero) == 0)
    }

    @Test func `a timer fires at its instant and not when cancelled`() throws {
        let timer = try DeadlineTimer.make()
        var poller = try Poller.make()
        try poller.add(timer.descriptor, token: 1, for: .readable)
        let due = MonotonicClock.now.advanced(by: .milliseconds(3))
        try timer.set(due)
        #expect(try poller.wait(for: nil) == 1)
        #expect(MonotonicClock.now >= due)
        let fired = timer.drain()
        #expect(fired)
        try timer.set(MonotonicInstant(nanoseconds: 0))
        #expect(try poller.wait(for: nil) == 1)
        try timer.set(.distantFuture)
        #expect(try poller.wait(for: .zero) == 0)
        try timer.cancel()
        let cancelled = timer.drain()
        #expect(!cancelled)
    }

    @Test func `a wait never ends before its time`() throws {
        var poller = try Poller.make()
        let start = MonotonicClock.now
        #expect(try poller.wait(for: .microseconds(700)) == 0)
        #expect(start.duration(to: MonotonicClock.now) >= .microseconds(700))
    }

    @Test func `a thread runs its body once and can be joined twice`() throws {
        let counter = Counter()
        let thread = try WorkerThread(name: "a name that is far too long", cpu: 0) {
            counter.value.add(1, ordering: .relaxed)
        }
        thread.join()
        thread.join()
        #expect(counter.value.load(ordering: .relaxed) == 1)
    }

    @Test func `durations are whole nanoseconds and never trap`() {
        #expect(Duration.milliseconds(20).nanoseconds == 20_000_000)
        #expect(Duration.seconds(-1).nanoseconds == -1_000_000_000)
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(MonotonicClock.now.advanced(by: .seconds(Int64.max)) == .distantFuture)
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    private final class Shared: Sendable {
        let event: EventDescriptor

        init() throws(LinuxError) {
            self.event = try .make()
        }
    }
}

import Dispatch
import Streams
import Synchronization
import Testing

@Suite struct HandoffMutexTests {
    /// Copies how much was asked for by then.
    private struct Follower: HandoffState {
        struct Request: OptionSet, Sendable {
            let rawValue: UInt64
            static let follow = Request(rawValue: 1)
            static let note = Request(rawValue: 2)
        }

        final class Leader: Sendable {
            let count = Atomic(0)
        }

        let leader: Leader
        var seen = 0
        var notes = 0

        mutating func perform(_ requests: Request) -> Int {
            if requests.contains(.note) { self.notes += 1 }
            self.seen = self.leader.count.load(ordering: .acquiring)
            return self.seen
        }
    }

    @Test func whoAsksDoesTheWorkWhereNobodyHoldsTheLock() {
        let leader = Follower.Leader()
        let reported = Atomic(0)
        let mutex = HandoffMutex(Follower(leader: leader)) { reported.store($0, ordering: .relaxed) }
        leader.count.store(7, ordering: .releasing)
        mutex.request(.follow)
        #expect(reported.load(ordering: .relaxed) == 7)
        #expect(mutex.withLock { $0.seen } == 7)
    }

    @Test func whoHoldsTheLockDoesTheWorkOfThoseWhoAskMeanwhile() {
        let leader = Follower.Leader()
        let reports = Mutex<[Int]>([])
        let mutex = HandoffMutex(Follower(leader: leader)) { report in reports.withLock { $0.append(report) } }
        let (isHeld, mayEnd, hasEnded) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchGroup())
        DispatchQueue.global().async(group: hasEnded) {
            let seen = mutex.withLock { state in
                isHeld.signal()
                #expect(mayEnd.wait(timeout: .now() + 20) == .success, "who asked waits for who holds")
                return state.seen
            }
            #expect(seen == 0)
        }
        isHeld.wait()
        for request: Follower.Request in [.follow, .note, .follow] {
            leader.count.add(1, ordering: .releasing)
            mutex.request(request)
        }
        #expect(reports.withLock { $0 }.isEmpty)
        mayEnd.signal()
        hasEnded.wait()
        // All in one go, and nothing of it twice.
        #expect(reports.withLock { $0 } == [3])
        #expect(mutex.withLock { $0.notes } == 1)
    }

    /// Whatever the threads do to one another, the last request is served when all of them are through.
    @Test func noRequestIsLost() {
        let leader = Follower.Leader()
        for _ in 0..<300 {
            let mutex = HandoffMutex(Follower(leader: leader)) { _ in }
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                for _ in 0..<60 {
                    if thread < 2 {
                        leader.count.add(1, ordering: .releasing)
                        mutex.request(.follow)
                    } else {
                        _ = mutex.withLock { $0.seen }
                    }
                }
            }
            let asked = leader.count.load(ordering: .acquiring)
            let isServed = Atomic(0)
            // Looked at without giving whoever looks occasion to serve what is left.
            mutex.withLock { isServed.store($0.seen, ordering: .relaxed) }
            #expect(isServed.load(ordering: .relaxed) == asked)
        }
    }
}

import Dispatch
import Glibc
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
        var givesWay = false
        var seen = 0
        var notes = 0

        mutating func perform(_ requests: Request) -> Int {
            if requests.contains(.note) { self.notes += 1 }
            self.seen = self.leader.count.load(ordering: .acquiring)
            if self.givesWay { sched_yield() }
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

    /// Where several threads have come so far; each of them waits for the others.
    private final class Meeting: Sendable {
        private let threads: Int
        private let arrived = Atomic(0)

        init(of threads: Int) {
            self.threads = threads
        }

        func meet(_ number: Int) {
            self.arrived.add(1, ordering: .acquiringAndReleasing)
            while self.arrived.load(ordering: .acquiring) < self.threads * number { sched_yield() }
        }
    }

    /// Two ask and one holds, all give way to one another wherever they can, and each round every request is served.
    @Test(.timeLimit(.minutes(2))) func noRequestIsLost() {
        let leader = Follower.Leader()
        let mutex = HandoffMutex(Follower(leader: leader, givesWay: true)) { _ in }
        let (meeting, group) = (Meeting(of: 3), DispatchGroup())
        for thread in 0..<3 {
            DispatchQueue(label: "thread \(thread)").async(group: group) {
                for round in 0..<2000 {
                    meeting.meet(2 * round + 1)
                    for _ in 0..<(round % (thread + 2)) { sched_yield() }
                    if thread > 0 {
                        leader.count.add(1, ordering: .releasing)
                        mutex.request(.follow)
                    } else {
                        mutex.withLock { _ in for _ in 0..<(round % 5) { sched_yield() } }
                    }
                    meeting.meet(2 * round + 2)
                    // Looked at before whoever looks would serve what is left.
                    guard thread == 0 else { continue }
                    let seen = mutex.withLock { $0.seen }
                    #expect(seen == 2 * round + 2)
                }
            }
        }
        group.wait()
    }
}

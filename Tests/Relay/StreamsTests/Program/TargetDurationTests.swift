import Dispatch
import Streams
import Synchronization
import Testing

@Suite struct TargetDurationTests {
    private let target = TargetDuration(offer: 2)

    @Test func theFirstWhoAsksSettlesIt() {
        #expect(self.target.offer(4) == nil)
        #expect(!self.target.isHeld(within: 10, now: 0))
        #expect(self.target.settle(now: 100) == 4)
        #expect(self.target.offer(9) == 4)
        #expect(self.target.settle(now: 200) == 4)
        #expect(self.target.isHeld(within: 10, now: 210))
        #expect(!self.target.isHeld(within: 10, now: 211))
        self.target.forget()
        #expect(self.target.offer(9) == nil)
        #expect(self.target.settle(now: 300) == 9)
    }

    /// Whoever asks, and whenever, all are told the same, and the publisher learns of it.
    @Test func allAreToldTheSame() {
        for _ in 0..<200 {
            let target = TargetDuration(offer: 1)
            let told = Mutex(Set<Int>())
            DispatchQueue.concurrentPerform(iterations: 3) { thread in
                for number in 1..<20 {
                    if thread == 0 {
                        if let settled = target.offer(number) { told.withLock { _ = $0.insert(settled) } }
                    } else {
                        let seconds = target.settle(now: 0)
                        told.withLock { _ = $0.insert(seconds) }
                    }
                }
            }
            #expect(told.withLock { $0.count } == 1)
        }
    }
}

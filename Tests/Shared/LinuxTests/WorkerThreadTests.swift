import Linux
import Synchronization
import Testing

@Suite struct WorkerThreadTests {
    private final class Shared: Sendable {
        let event: EventDescriptor
        let hasReturned = Atomic(false)

        init() throws {
            self.event = try EventDescriptor.make()
        }
    }

    @Test func `the end of a body is awaited, before it comes and after`() async throws {
        let shared = try Shared()
        let thread = try WorkerThread(name: "waiter") {
            var poller = try? Poller.make(capacity: 1)
            try? poller?.add(shared.event.descriptor, token: 0, for: .readable)
            _ = try? poller?.wait(for: .seconds(20))
            shared.hasReturned.store(true, ordering: .releasing)
        }
        async let first: Bool = {
            await thread.ended()
            return shared.hasReturned.load(ordering: .acquiring)
        }()
        shared.event.signal()
        #expect(await first)
        await thread.ended()
    }
}

import Foundation
import Synchronization
import Toolkit

/// An encoder as OBS is one: whenever its connection ends, it comes again by itself.
final class Encoder: Sendable {
    private let work: Task<Void, any Error>
    private let count: Counter

    private final class Counter: Sendable {
        let calls = Mutex(0)
    }

    /// How often it has called.
    var calls: Int { self.count.calls.withLock { $0 } }

    init(_ host: HostUnderTest, _ path: String) {
        let count = Counter()
        self.count = count
        self.work = Task {
            while !Task.isCancelled {
                count.calls.withLock { $0 += 1 }
                let program = try host.publish(path)
                try await withTaskCancellationHandler {
                    _ = try await program.result(within: .seconds(3600))
                } onCancel: {
                    program.kill()
                }
            }
        }
    }

    deinit {
        self.work.cancel()
    }
}

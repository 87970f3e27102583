import Foundation
import Toolkit

/// An encoder as OBS is one: whenever its connection ends, it comes again by itself.
final class Encoder: Sendable {
    private let work: Task<Void, any Error>

    init(_ host: HostUnderTest, _ path: String) {
        self.work = Task {
            while !Task.isCancelled {
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

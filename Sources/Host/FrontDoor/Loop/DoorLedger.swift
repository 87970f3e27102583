import Contract
import Linux
import Synchronization

/// Counts what the front door does, for whoever asks from another thread.
final class DoorLedger: Sendable {
    /// Of the front door's thread.
    let beat = Beat()

    private let figures = Mutex(DoorSnapshot())

    var snapshot: DoorSnapshot { self.figures.withLock { $0 } }

    func change(_ body: (inout DoorSnapshot) -> Void) {
        self.figures.withLock { body(&$0) }
    }

    func note(_ reason: DoorRefusal) {
        self.change { $0.refusals[reason, default: 0] += 1 }
    }
}

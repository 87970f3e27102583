import Contract
import Linux
import Synchronization

/// Counts what the front door does, for whoever asks from another thread.
final class DoorLedger: Sendable {
    /// Of the front door's thread.
    let beat = Beat()

    private let figures = Mutex(FrontDoorSnapshot())

    var snapshot: FrontDoorSnapshot { self.figures.withLock { $0 } }

    func change(_ body: (inout FrontDoorSnapshot) -> Void) {
        self.figures.withLock { body(&$0) }
    }

    func note(_ reason: DoorRefusal) {
        self.change { $0.refused[reason, default: 0] += 1 }
    }
}

package import Contract
import Synchronization

/// How often somebody was refused, by reason.
package final class RefusalLedger: Sendable {
    private let publish = Mutex<[PublishRefusal: UInt64]>([:])
    private let play = Mutex<[PlayRefusal: UInt64]>([:])

    package init() {}

    package func note(_ reason: PublishRefusal) {
        self.publish.withLock { $0[reason, default: 0] += 1 }
    }

    package func note(_ reason: PlayRefusal) {
        self.play.withLock { $0[reason, default: 0] += 1 }
    }

    package var publishRefusals: [PublishRefusal: UInt64] { self.publish.withLock { $0 } }
    package var playRefusals: [PlayRefusal: UInt64] { self.play.withLock { $0 } }
}

import Contract
import Health
import Linux
import Synchronization

/// Watches for how much of its time the control group's limit keeps this process from the processor.
final class ThrottleWatch: Sendable {
    private let group = OwnControlGroup()
    private let state = Mutex((meter: ThrottleMeter(), value: Throttling?.none))

    /// Nil where nobody counts it.
    var value: Throttling? { self.state.withLock { $0.value } }

    /// To be called about once a second.
    ///
    /// - Returns: Whether it is another than it was.
    func look(at now: Instant) -> Bool {
        let throttled = self.group.throttled
        return self.state.withLock { state in
            let value = state.meter.note(throttled, of: nil, at: now)
            defer { state.value = value }
            return value != state.value
        }
    }
}

import Logging
import Relay

/// Faults of one peer: counted, and said at most once a second.
struct FaultCounter {
    private(set) var count = 0
    private var throttle = LogThrottle()
    private let log: Logger

    init(log: Logger) {
        self.log = log
    }

    mutating func note(_ fault: String, now: Now) {
        self.count += 1
        guard self.throttle.allows(now.monotonic) else { return }
        self.log.warning("message left out", metadata: ["cause": "\(fault)", "so far": "\(self.count)"])
    }
}

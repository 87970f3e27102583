package import Logging
package import Streams

/// Faults of one peer: counted, and said at most once a second. What stays as it is for as long as the peer does is said
/// once.
package struct FaultCounter {
    package private(set) var count = 0
    private var throttle = LogThrottle()
    private var said: Set<String> = []
    private let log: Logger

    /// Lasting faults that are said once each; a peer can make up any number.
    private static let lastingLimit = 8

    package init(log: Logger) {
        self.log = log
    }

    package mutating func note(_ fault: String, lasting: Bool = false, now: Now) {
        self.count += 1
        if lasting {
            guard self.said.count < Self.lastingLimit, self.said.insert(fault).inserted else { return }
        } else {
            guard self.throttle.allows(now.monotonic) else { return }
        }
        self.log.warning("message left out", metadata: ["cause": "\(fault)", "so far": "\(self.count)"])
    }
}

/// Lets something be said at most once in a while, however often it happens.
package struct LogThrottle: Sendable {
    private let interval: Int64
    private var last: Int64?

    /// - Parameter interval: µs between two occasions.
    package init(interval: Int64 = 1_000_000) {
        self.interval = interval
    }

    /// Whether it may be said at `now`, µs monotonic, which counts as having said it.
    package mutating func allows(_ now: Int64) -> Bool {
        if let last = self.last, now &- last < self.interval { return false }
        self.last = now
        return true
    }
}

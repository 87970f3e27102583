/// The greatest of the last values, without keeping them: what a single value demanded is forgotten in time.
package struct RecentMaximum: Sendable, Codable {
    private let window: Int
    private var count = 0
    private var present: Int64
    private var previous: Int64

    /// - Parameters:
    ///   - window: a value counts for at least so many that follow it, and for no more than twice as many.
    ///   - value: what counts before anything was noted.
    package init(window: Int, from value: Int64 = 0) {
        self.window = max(1, window)
        self.present = value
        self.previous = value
    }

    package var value: Int64 { max(self.present, self.previous) }

    package mutating func note(_ value: Int64) {
        if self.count == self.window {
            self.previous = self.present
            self.present = value
            self.count = 0
        }
        self.present = max(self.present, value)
        self.count += 1
    }
}

package import Linux

/// Counts messages second by second.
package struct MessageRate: Sendable {
    private let limit: Int?
    private var began: MonotonicInstant?
    private var count = 0

    package init(limit: Int?) {
        self.limit = limit
    }

    package mutating func note(now: MonotonicInstant) throws(ControlError) {
        guard let limit = self.limit else { return }
        if self.began.map({ $0.advanced(by: .seconds(1)) <= now }) ?? true {
            self.began = now
            self.count = 0
        }
        self.count += 1
        guard self.count <= limit else { throw .flooding(limit: limit) }
    }
}

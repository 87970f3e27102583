package import Linux

/// Says of which refusals the log shall tell: in each ``interval`` of the first ``lines`` from an address for a reason,
/// enough for somebody who tries by hand. A program that tries again a hundred times a second would else hide what its
/// operator looks for.
package struct RefusalLogLimit: Sendable {
    /// µs.
    package static let interval: Int64 = 10_000_000

    package static let lines = 4

    /// Addresses and reasons that are told apart; the others share one place.
    package static let places = 256

    private struct Cause: Hashable {
        /// nil stands for all that have no place of their own.
        let host: InternetAddress.Host?
        let reason: String
    }

    private struct Told {
        let since: Int64
        var lines = 1
        var left = 0
    }

    private var told: [Cause: Told] = [:]
    private let lines: Int

    /// - Parameter lines: told of an address for a reason in each ``interval``.
    package init(lines: Int = Self.lines) {
        self.lines = lines
    }

    /// - Parameters:
    ///   - reason: what tells refusals of one peer apart.
    ///   - peer: whom all the addresses of its network stand for.
    ///   - now: µs on a clock that only runs forward.
    /// - Returns: how many like it were left out since the last that was told; nil if this one is to be left out.
    package mutating func hear(_ reason: String, from peer: InternetAddress?, now: Int64) -> Int? {
        let cause = self.place(Cause(host: peer?.host.network, reason: reason), now)
        guard var told = self.told[cause], now - told.since < Self.interval else {
            let left = self.told[cause]?.left ?? 0
            self.told[cause] = Told(since: now)
            return left
        }
        defer { self.told[cause] = told }
        guard told.lines < self.lines else {
            told.left += 1
            return nil
        }
        told.lines += 1
        return 0
    }

    private mutating func place(_ cause: Cause, _ now: Int64) -> Cause {
        guard self.told[cause] == nil, self.told.count >= Self.places else { return cause }
        self.told = self.told.filter { now - $0.value.since < Self.interval }
        return self.told.count < Self.places ? cause : Cause(host: nil, reason: "")
    }
}

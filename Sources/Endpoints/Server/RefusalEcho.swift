package import Linux

/// Says of which refusals the log shall tell: of the first from an address for a reason, and then of one in each
/// ``interval``. A program that tries again a hundred times a second would else hide what its operator looks for.
package struct RefusalEcho: Sendable {
    /// µs.
    package static let interval: Int64 = 10_000_000

    /// Addresses and reasons that are told apart; the others share one place.
    package static let places = 256

    private struct Cause: Hashable {
        /// nil stands for all that have no place of their own.
        let host: InternetAddress.Host?
        let reason: String
    }

    private struct Told {
        let at: Int64
        var left = 0
    }

    private var told: [Cause: Told] = [:]

    package init() {}

    /// - Parameters:
    ///   - reason: what tells refusals of one peer apart.
    ///   - peer: whom all the addresses of its network stand for.
    ///   - now: µs on a clock that only runs forward.
    /// - Returns: how many like it were left out since the last that was told; nil if this one is to be left out.
    package mutating func hear(_ reason: String, from peer: InternetAddress?, now: Int64) -> Int? {
        let cause = self.place(Cause(host: peer?.host.network, reason: reason), now)
        if var before = self.told[cause], now - before.at < Self.interval {
            before.left += 1
            self.told[cause] = before
            return nil
        }
        let left = self.told[cause]?.left ?? 0
        self.told[cause] = Told(at: now)
        return left
    }

    private mutating func place(_ cause: Cause, _ now: Int64) -> Cause {
        guard self.told[cause] == nil, self.told.count >= Self.places else { return cause }
        self.told = self.told.filter { now - $0.value.at < Self.interval }
        return self.told.count < Self.places ? cause : Cause(host: nil, reason: "")
    }
}

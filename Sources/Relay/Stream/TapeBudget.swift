import Synchronization

/// How many bytes of tape a relay may still open. Tapes are most of a relay's memory, so this is what bounds it.
package final class TapeBudget: Sendable {
    /// Share of the memory limit that tapes may take; the rest is for connections, the libraries and the program itself.
    package static let share = 0.75

    private let left: Mutex<Int>

    package init(memory: Int) {
        self.left = Mutex(Int(Double(memory) * Self.share))
    }

    /// Takes `bytes` out of the budget for as long as the reservation lives; nil if there is not that much left.
    package func reserve(_ bytes: Int) -> Reservation? {
        let isTaken = self.left.withLock { left in
            guard left >= bytes else { return false }
            left -= bytes
            return true
        }
        return isTaken ? Reservation(bytes, of: self) : nil
    }

    package final class Reservation: Sendable {
        private let bytes: Int
        private let budget: TapeBudget

        fileprivate init(_ bytes: Int, of budget: TapeBudget) {
            self.bytes = bytes
            self.budget = budget
        }

        deinit {
            self.budget.left.withLock { $0 += self.bytes }
        }
    }
}

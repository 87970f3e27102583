package import Contract
import Synchronization
package import Tape

/// How many bytes of tape, and of copies of what is on tape, a relay may still take. That is most of a relay's memory,
/// so this is what bounds it.
///
/// Tapes begin small and grow. What streams and formats that have not begun would need to begin is kept free: no stream
/// grows into it.
package final class TapeBudget: Sendable {
    private struct State {
        var used = 0
        /// Of ``used``, what tapes began with.
        var started = 0
        /// Bytes that were wanted lately for a tape to begin, or for a frame, and were not there.
        var lacking = 0
        /// How often the system did not take a tape's memory back.
        var held: UInt64 = 0
    }

    private let total: Int
    private let reserve: Int
    private let state = Mutex(State())

    package init(_ limits: LimitsSpec) {
        self.total = limits.tapeMemory
        self.reserve = limits.startMemory
    }

    /// Bytes that are in use.
    package var used: Int { self.state.withLock { $0.used } }

    /// How often the system did not take back memory that a tape gave up. That memory counts as used.
    package var heldCount: UInt64 { self.state.withLock { $0.held } }

    /// What tapes have wanted and not had since this was last asked, bytes.
    func takeLacking() -> Int {
        self.state.withLock { state in
            defer { state.lacking = 0 }
            return state.lacking
        }
    }

    /// An account for one tape, or for one copy, which takes nothing yet.
    package func account() -> Account { Account(self) }

    /// What one tape, or one copy, takes. It is given back when the account goes.
    package final class Account: TapeMemory {
        private struct Holding {
            var bytes = 0
            /// Of ``bytes``, what the tape began with.
            var started = 0
        }

        private let budget: TapeBudget
        private let holding = Mutex(Holding())

        fileprivate init(_ budget: TapeBudget) {
            self.budget = budget
        }

        package func resize(to bytes: Int, for need: TapeNeed) -> Bool {
            self.holding.withLock { holding in
                let started = need == .start ? bytes : min(holding.started, bytes)
                guard self.budget.move(by: bytes - holding.bytes, started: started - holding.started, for: need)
                else { return false }
                holding = Holding(bytes: bytes, started: started)
                return true
            }
        }

        deinit {
            _ = self.resize(to: 0, for: .span)
        }
    }

    private func move(by bytes: Int, started: Int, for need: TapeNeed) -> Bool {
        self.state.withLock { state in
            if need == .held { state.held += 1 }
            if !need.isInUse, bytes > 0 {
                let kept = need == .span ? max(self.reserve - state.started, 0) : 0
                guard bytes <= self.total - state.used - kept else {
                    if need != .span { state.lacking = max(state.lacking, bytes) }
                    return false
                }
            }
            state.used += bytes
            state.started += started
            return true
        }
    }
}

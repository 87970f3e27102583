import Capacity
import Contract
import Tape

extension TapeRetention {
    /// For a stream's own tape.
    static func packets(_ limits: LimitsSpec, _ budget: TapeBudget) -> TapeRetention {
        // A packet has a header on tape, and configurations are records, too.
        TapeRetention(limits, record: limits.frame + (128 << 10), budget)
    }

    /// For a wire format's, which adds framing and may put several frames into a record.
    static func wire(_ limits: LimitsSpec, _ budget: TapeBudget) -> TapeRetention {
        TapeRetention(limits, record: 2 * limits.frame + (128 << 10), budget)
    }

    private init(_ limits: LimitsSpec, record: Int, _ budget: TapeBudget) {
        self.init(
            least: min(TapeSize.start, limits.tape),
            most: limits.tape,
            record: record,
            memory: budget.account()
        )
    }
}

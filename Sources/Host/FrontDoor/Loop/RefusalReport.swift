import Contract
import Linux
import Logging

/// Says in the log that connections were sent away: at most once in an interval, however many there are.
struct RefusalReport {
    private var pending: [DoorRefusal: Int] = [:]
    private var example = ""
    private var quietUntil: MonotonicInstant?

    /// Scanners and peers that give up are everywhere; they are counted and not talked about.
    private static func isSilent(_ reason: DoorRefusal) -> Bool { reason == .malformed || reason == .slow }

    mutating func note(_ reason: DoorRefusal, _ sentence: String) {
        guard !Self.isSilent(reason) else { return }
        self.pending[reason, default: 0] += 1
        self.example = sentence
    }

    /// When there is something to say.
    var due: MonotonicInstant? {
        self.pending.isEmpty ? nil : self.quietUntil ?? MonotonicInstant(nanoseconds: 0)
    }

    mutating func tell(_ log: Logger, now: MonotonicInstant) {
        guard let due = self.due, due <= now else { return }
        let counts = self.pending.map { "\($0.key.rawValue): \($0.value)" }.sorted().joined(separator: ", ")
        log.warning(
            "connections refused at the front door",
            metadata: ["count": "\(counts)", "last": "\(self.example)"]
        )
        self.pending = [:]
        self.quietUntil = now.advanced(by: FrontDoorLimits.reportInterval)
    }
}

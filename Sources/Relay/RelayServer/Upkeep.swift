import NIOCore
import Synchronization

/// What a relay does because time passes, on one event loop, all in the same turns: each turn of a loop that sleeps costs some
/// 200 µs, and thirteen a second were a fifth of what a relay with one viewer costs.
final class Upkeep: Sendable {
    /// Between two turns while something is on air. Memory for what streams lack is found that soon.
    private static let pause = TimeAmount.milliseconds(250)
    /// The same otherwise. Loops are seen to come round that often.
    private static let rest = TimeAmount.milliseconds(500)
    /// A deadline that has passed by then is seen in a turn of its own, no sooner than this after the last one.
    private static let least = TimeAmount.milliseconds(1)
    /// Every stream is judged, whether anybody asks or not, in the first turn after this: about once a second.
    private static let judging = TimeAmount.milliseconds(900)

    /// What is to be known of when the next turn is due.
    struct Outlook: Sendable {
        var isOnAir = false
        /// How long until something is due that has a time of its own.
        var due: TimeAmount?
    }

    private let loop: any EventLoop
    private let sweep: @Sendable () -> Outlook
    private let judge: @Sendable () -> Void
    private let judged: Mutex<NIODeadline?> = Mutex(nil)

    init(
        on loop: any EventLoop,
        sweep: @escaping @Sendable () -> Outlook,
        judge: @escaping @Sendable () -> Void
    ) {
        self.loop = loop
        self.sweep = sweep
        self.judge = judge
    }

    /// Begins, and goes on until the loop is shut down.
    func begin() {
        self.loop.scheduleTask(in: .zero) { self.turn() }
    }

    private func turn() {
        let outlook = self.sweep()
        let now = NIODeadline.now()
        let isDue = self.judged.withLock { judged in
            if let last = judged, now - last < Self.judging { return false }
            judged = now
            return true
        }
        if isDue { self.judge() }
        self.loop.scheduleTask(in: Self.pause(after: outlook)) { self.turn() }
    }

    static func pause(after outlook: Outlook) -> TimeAmount {
        let pause = outlook.isOnAir ? Self.pause : Self.rest
        return outlook.due.map { max(min($0, pause), Self.least) } ?? pause
    }
}

internal import Linux
internal import Synchronization
internal import Tape

/// How often publishers are read: as often as the most impatient viewer is sent to.
///
/// A message that viewers get with their next tick need not wake a thread when it arrives: with 72 messages a second that
/// costs about 15 ms of a core, as much as a hundred viewers at a tick of 100 ms. The threads of an engine share one, because
/// a publisher's viewers may be on any of them.
final class ReadPace: Sendable {
    /// What was read late counts against the viewers' latency budgets.
    let delay = InputDelay()
    private let limits: FanoutLimits
    /// ns.
    private let current: Atomic<Int64>
    private let readers = Mutex(Readers())

    private struct Readers {
        /// How many want each tick, ns.
        var ticks: [Int64: Int] = [:]
        var signals: [TapeSignal] = []
    }

    init(_ limits: FanoutLimits) {
        self.limits = limits
        self.current = Atomic(limits.unwatchedRead.nanoseconds)
    }

    /// How long bytes may wait in a publisher's socket, ns; 0: they are read as they come.
    var interval: Int64 { self.current.load(ordering: .relaxed) }

    /// A thread that is to hear of it when the interval becomes shorter.
    func follow(_ signal: TapeSignal) {
        self.readers.withLock { $0.signals.append(signal) }
    }

    /// Somebody reads a tape with this budget, ns.
    func join(_ tick: Int64) {
        self.change { $0[tick, default: 0] += 1 }
    }

    func leave(_ tick: Int64) {
        self.change { ticks in
            guard let count = ticks[tick] else { return }
            ticks[tick] = count > 1 ? count - 1 : nil
        }
    }

    private func change(_ body: (inout [Int64: Int]) -> Void) {
        let signals = self.readers.withLock { readers -> [TapeSignal] in
            body(&readers.ticks)
            let interval = self.interval(for: readers.ticks.keys.min())
            let before = self.current.exchange(interval, ordering: .relaxed)
            return interval < before ? readers.signals : []
        }
        for signal in signals { signal.wake() }
    }

    private func interval(for tick: Int64?) -> Int64 {
        guard let tick else { return self.limits.unwatchedRead.nanoseconds }
        return tick < self.limits.leastRead.nanoseconds ? 0 : min(tick, self.limits.mostRead.nanoseconds)
    }
}

/// Somebody who reads tapes beside the engine, and wants publishers read as they come for as long as this is held.
package final class ReadHurry: Sendable {
    private let pace: ReadPace

    init(_ pace: ReadPace) {
        self.pace = pace
        pace.join(0)
    }

    deinit { self.pace.leave(0) }
}

internal import Synchronization

/// A thread's statistics: plain numbers that it adds to, copied now and then to where others read them.
final class FanoutCounters: Sendable {
    private let viewers = Atomic<UInt64>(0)
    private let bytesSent = Atomic<UInt64>(0)
    private let sends = Atomic<UInt64>(0)
    private let passes = Atomic<UInt64>(0)
    private let skips = Atomic<UInt64>(0)
    private let stalls = Atomic<UInt64>(0)
    private let overruns = Atomic<UInt64>(0)
    private let round: Atomic<Int64>

    /// Counts as having come round now, ns: a thread that has not been given the processor yet is young and not stuck.
    init(at now: Int64) {
        self.round = Atomic(now)
    }

    /// When the thread last came round, ns.
    var lastRound: Int64 { self.round.load(ordering: .relaxed) }

    func publish(_ statistics: FanoutStatistics, at now: Int64) {
        self.round.store(now, ordering: .relaxed)
        self.viewers.store(statistics.viewers, ordering: .relaxed)
        self.bytesSent.store(statistics.bytesSent, ordering: .relaxed)
        self.sends.store(statistics.sends, ordering: .relaxed)
        self.passes.store(statistics.passes, ordering: .relaxed)
        self.skips.store(statistics.skips, ordering: .relaxed)
        self.stalls.store(statistics.stalls, ordering: .relaxed)
        self.overruns.store(statistics.overruns, ordering: .relaxed)
    }

    var snapshot: FanoutStatistics {
        var statistics = FanoutStatistics()
        statistics.viewers = self.viewers.load(ordering: .relaxed)
        statistics.bytesSent = self.bytesSent.load(ordering: .relaxed)
        statistics.sends = self.sends.load(ordering: .relaxed)
        statistics.passes = self.passes.load(ordering: .relaxed)
        statistics.skips = self.skips.load(ordering: .relaxed)
        statistics.stalls = self.stalls.load(ordering: .relaxed)
        statistics.overruns = self.overruns.load(ordering: .relaxed)
        return statistics
    }
}

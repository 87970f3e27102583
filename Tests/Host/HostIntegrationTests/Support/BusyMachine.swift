import Toolkit

/// An encoder that sends to nobody and says every tenth of a second how far it is: for how long nothing is heard of it is the
/// machine's doing, and of nobody who is tested.
final class BusyMachine: Sendable {
    private struct State: Sendable {
        var last: ContinuousClock.Instant?
        var longestSilence = Duration.zero
    }

    private let program: Program
    private let seen = Observed(State())
    private let work: Task<Void, Never>

    init() throws {
        let program = try Program.start(
            FFmpeg.system,
            ["-stats_period", "0.1", "-progress", "pipe:1"] + HostUnderTest.encoding + ["-f", "null", "-"]
        )
        let seen = self.seen
        self.program = program
        self.work = Task {
            for await _ in program.lines {
                seen.change { state in
                    let now = ContinuousClock.now
                    if let last = state.last { state.longestSilence = max(state.longestSilence, now - last) }
                    state.last = now
                }
            }
        }
    }

    deinit {
        self.work.cancel()
    }

    /// Up to now.
    var longestSilence: Duration {
        self.seen.change { state in max(state.longestSilence, state.last.map { ContinuousClock.now - $0 } ?? .zero) }
    }
}

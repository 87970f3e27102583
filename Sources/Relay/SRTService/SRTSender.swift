import Admission
import Contract
import Dispatch
import Fanout
import Linux
import Streams
import Synchronization

/// A thread that sends to its share of the viewers, all that is new at every tick.
final class SRTSender: Sendable {
    private struct State {
        var arrivals: [SRTViewer] = []
        var count = 0
        var ending: Ending?
    }

    private enum Ending {
        /// Viewers get what is on tape until then, µs monotonic.
        case drain(until: Int64)
    }

    private let spec: CurrentSpec
    private let engine: FanoutEngine
    private let state = Mutex(State())
    /// What the thread, which is its own, sleeps on between two ticks.
    private let wake = DispatchSemaphore(value: 0)
    private let thread = Mutex<WorkerThread?>(nil)

    /// Shorter ticks than this are this long.
    private static let shortestTick = Duration.milliseconds(2)

    init(number: Int, spec: CurrentSpec, engine: FanoutEngine) throws(LinuxError) {
        self.spec = spec
        self.engine = engine
        let made = try WorkerThread(name: "srt-send-\(number)") { [self] in self.run() }
        self.thread.withLock { $0 = made }
    }

    /// How many it sends to.
    var count: Int { self.state.withLock { $0.count } }

    func add(_ viewer: SRTViewer) {
        let isTaken = self.state.withLock { state in
            guard state.ending == nil else { return false }
            state.arrivals.append(viewer)
            state.count += 1
            return true
        }
        guard isTaken else { return viewer.end(.shutdown) }
        self.wake.signal()
    }

    /// Has all viewers end, once they have been sent what is on tape or the time is over.
    func end(draining: Duration) {
        let until = SystemClock.now.monotonic + draining.microseconds
        self.state.withLock { $0.ending = .drain(until: until) }
        self.wake.signal()
    }

    /// Returns once no viewer is left, after ``end(draining:)``.
    func ended() async {
        await self.thread.withLock { $0 }?.ended()
    }

    private func run() {
        var viewers: [SRTViewer] = []
        var chunks = TapeChunks()
        // The engine does not know this thread's turns, in which viewers wait already.
        var hurry: ReadHurry?
        while true {
            let (arrivals, ending) = self.state.withLock { state in
                defer { state.arrivals = [] }
                return (state.arrivals, state.ending)
            }
            viewers += arrivals
            if hurry == nil, !viewers.isEmpty { hurry = self.engine.hurry() }
            let spec = self.spec.value
            let now = SystemClock.now.monotonic
            var isLast = false
            if case .drain(let until) = ending { isLast = now >= until }
            let tick = max(spec.tick, Self.shortestTick).microseconds
            // With longer turns messages are many, and the last of them would wait long.
            let holdsTail = tick <= SRTViewer.tailTimeout + 2000
            let before = viewers.count
            viewers.removeAll { viewer in
                let stall = spec.stall.microseconds
                let ending = viewer.advance(&chunks, now: now, stall: stall, holdsTail: holdsTail)
                guard let end = ending ?? (isLast ? .shutdown : nil) else { return false }
                viewer.end(end)
                return true
            }
            chunks.clear()
            if viewers.count < before { self.state.withLock { $0.count -= before - viewers.count } }
            if ending != nil, viewers.isEmpty { return }
            if viewers.isEmpty {
                hurry = nil
                self.wake.wait()
            } else {
                let rest = tick - (SystemClock.now.monotonic - now)
                if rest > 0 { _ = self.wake.wait(timeout: .now() + .microseconds(Int(rest))) }
            }
        }
    }
}

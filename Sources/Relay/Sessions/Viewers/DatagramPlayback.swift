package import Admission
package import Contract
package import Fanout
import Logging
import Streams
import Synchronization

/// A viewer that is sent datagrams for as long as somebody else, who hears it, says so.
package final class DatagramPlayback: Sendable {
    private struct State {
        var id: ViewerID?
        /// Which run it is: a pause ends one, and going on begins the next.
        var run = 0
        var isOver = false
        /// Whether to say that nothing more comes, once nothing does.
        var owesGoodbye = false
        var bytes: UInt64 = 0
        var skips: UInt64 = 0
        /// Where the first run begins; nil: with what a newcomer gets.
        var continuation: DatagramContinuation?
    }

    private let engine: FanoutEngine
    private let tick: Duration
    private let log: Logger
    private let viewer: AdmittedViewer
    private let framing: DatagramViewer.Framing
    private let goodbye: RTCPGoodbye
    private let address: String
    /// Says who it is, for whoever goes on with it if this process dies; nil: it does not outlive the process.
    private let card: [UInt8]?
    private let since: Instant
    /// Whether another process has sent to it.
    private let isContinued: Bool
    /// Called once, from any thread, when it ends without having been asked to.
    private let onCut: @Sendable (ViewerEnd.Reason) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - delivery: By which it is sent to.
    ///   - viewer: What it watches.
    ///   - framing: Where it is sent to.
    ///   - address: Of its player.
    ///   - card: Says who it is, for whoever goes on with it if this process dies.
    ///   - since: When it began.
    ///   - left: How it stood in a process that is dead; nil where it is new.
    ///   - onCut: Called once, from any thread, when it ends without having been asked to.
    package init(
        on delivery: ViewerDelivery,
        _ viewer: AdmittedViewer,
        framing: DatagramViewer.Framing,
        address: String,
        card: [UInt8]? = nil,
        since: Instant = Instant(SystemClock.now),
        left: Left? = nil,
        onCut: @escaping @Sendable (ViewerEnd.Reason) -> Void
    ) {
        self.engine = delivery.engine
        self.tick = delivery.spec.value.tick
        self.log = delivery.log
        self.viewer = viewer
        self.framing = framing
        self.goodbye = RTCPGoodbye(to: framing, of: viewer.stream)
        self.address = address
        self.card = card
        self.since = since
        self.isContinued = left != nil
        self.state = Mutex(
            State(bytes: left?.sent ?? 0, skips: left?.skips ?? 0, continuation: left?.continuation)
        )
        self.onCut = onCut
    }

    /// How one stood whose process is dead.
    package struct Left: Sendable {
        let continuation: DatagramContinuation?
        let sent: UInt64
        let skips: UInt64

        /// - Parameters:
        ///   - standing: What was noted of it; nil where it had paused.
        ///   - isOnTape: Whether the tape that it was sent is written on.
        package init(_ standing: StoredViewers.DatagramStanding?, isOnTape: Bool) {
            self.continuation = standing.flatMap { standing in
                isOnTape ? DatagramContinuation(place: standing.place, sequence: standing.sequence) : nil
            }
            self.sent = standing?.sent ?? 0
            self.skips = standing?.skips ?? 0
        }
    }

    /// - Parameter isPaused: It is sent nothing before it wants to go on.
    package func begin(isPaused: Bool = false) {
        if !self.isContinued { self.log.info("viewer joined", metadata: self.metadata) }
        if !isPaused { self.resume() }
        self.viewer.session.follow(
            ViewerConnection(address: self.address, since: self.since) { [weak self] in
                self?.progress
            } end: { [weak self] in
                self?.cut(.removed)
            }
        )
    }

    package func pause() {
        let id = self.state.withLock { state in
            state.run += 1
            return state.id.take()
        }
        if let id { self.engine.remove(id) }
    }

    package func resume() {
        let next: (run: Int, continuation: DatagramContinuation?)? = self.state.withLock { state in
            guard !state.isOver, state.id == nil else { return nil }
            state.run += 1
            return (state.run, state.continuation.take())
        }
        guard let (run, continuation) = next else { return }
        var viewer = DatagramViewer(
            tape: self.viewer.lease.tape,
            framing: self.framing,
            tick: self.tick,
            card: self.card,
            continuation: continuation
        ) {
            self.ended($0, run: run)
        }
        viewer.onStart = { [session = self.viewer.session] in session.start() }
        let id = self.engine.add(viewer)
        let isLate = self.state.withLock { state in
            guard !state.isOver, state.run == run else { return true }
            state.id = id
            return false
        }
        if isLate { self.engine.remove(id) }
    }

    /// The viewer has gone.
    package func end() { self.close("left", saysGoodbye: false) }

    /// Ends a viewer that has not said that it goes.
    package func dismiss(_ reason: String) { self.close(reason, saysGoodbye: true) }

    private func cut(_ reason: ViewerEnd.Reason) {
        self.close("\(reason)", saysGoodbye: reason != .finished)
        self.onCut(reason)
    }

    private func close(_ reason: String, saysGoodbye: Bool) {
        let (wasOver, id) = self.state.withLock { state in
            defer { state.isOver = true }
            if !state.isOver, state.id != nil { state.owesGoodbye = saysGoodbye }
            return (state.isOver, state.id)
        }
        guard !wasOver else { return }
        let progress = self.progress
        if let id { self.engine.remove(id) } else if saysGoodbye { self.goodbye.send() }
        self.viewer.session.close(bytes: progress.bytes, skips: progress.skips, isStalled: false)
        var metadata = self.metadata
        metadata["reason"] = "\(reason)"
        metadata["bytes"] = "\(progress.bytes)"
        metadata["skips"] = "\(progress.skips)"
        self.log.info("viewer left", metadata: metadata)
    }

    private func ended(_ end: ViewerEnd, run: Int) {
        let wasCurrent = self.state.withLock { state in
            state.bytes += end.bytesSent
            state.skips += end.skips
            guard state.run == run, !state.isOver else { return false }
            state.id = nil
            return true
        }
        let owesGoodbye = self.state.withLock { state in
            defer { state.owesGoodbye = false }
            return state.owesGoodbye
        }
        if owesGoodbye { self.goodbye.send() }
        if wasCurrent { self.cut(end.reason) }
    }

    private var progress: Audience.Progress {
        let (id, bytes, skips) = self.state.withLock { ($0.id, $0.bytes, $0.skips) }
        let now = id.flatMap { self.engine.statistics(of: $0) }
        return Audience.Progress(bytes: bytes + (now?.bytesSent ?? 0), skips: skips + (now?.skips ?? 0))
    }

    private var metadata: Logger.Metadata {
        [
            "stream": "\(self.viewer.session.shownStream)", "by": "\(self.viewer.session.kind.rawValue)",
            "address": "\(self.address)",
        ]
    }
}

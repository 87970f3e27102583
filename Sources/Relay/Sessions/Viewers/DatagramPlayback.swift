package import Admission
import Contract
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
    }

    private let engine: FanoutEngine
    private let tick: Duration
    private let log: Logger
    private let viewer: AdmittedViewer
    private let framing: DatagramViewer.Framing
    private let goodbye: RTCPGoodbye
    private let address: String
    /// Called once, from any thread, when it ends without having been asked to.
    private let onCut: @Sendable (ViewerEnd.Reason) -> Void
    private let state = Mutex(State())

    package init(
        on delivery: ViewerDelivery,
        _ viewer: AdmittedViewer,
        framing: DatagramViewer.Framing,
        address: String,
        onCut: @escaping @Sendable (ViewerEnd.Reason) -> Void
    ) {
        self.engine = delivery.engine
        self.tick = delivery.spec.value.tick
        self.log = delivery.log
        self.viewer = viewer
        self.framing = framing
        self.goodbye = RTCPGoodbye(to: framing, of: viewer.stream)
        self.address = address
        self.onCut = onCut
    }

    package func begin() {
        self.log.info("viewer joined", metadata: self.metadata)
        self.resume()
        self.viewer.session.follow(
            ViewerConnection(address: self.address, since: Instant(SystemClock.now)) { [weak self] in
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
        let run: Int? = self.state.withLock { state in
            guard !state.isOver, state.id == nil else { return nil }
            state.run += 1
            return state.run
        }
        guard let run else { return }
        let id = self.engine.add(
            DatagramViewer(tape: self.viewer.lease.tape, framing: self.framing, tick: self.tick) {
                self.ended($0, run: run)
            }
        )
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

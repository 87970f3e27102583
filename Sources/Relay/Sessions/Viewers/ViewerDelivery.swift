import Contract
package import Fanout
import Linux
package import Logging
import NIOCore
import Sockets
package import Streams
import Synchronization

/// A viewer whose negotiation is over.
struct NegotiatedViewer: Sendable {
    let socket: AdoptedSocket
    let lease: WireLease
    let viewerSession: ViewerSession
    /// What it is sent before anything of the stream.
    let opening: ByteBuffer
    /// Its own latency budget; nil takes the relay's.
    let tick: Duration?
    /// It has paused before it was sent anything.
    var isPaused = false
    let dialogue: (any ViewerDialogue)?
    /// Takes the connection back where the dialogue gives it up.
    var onRelease: (@Sendable (HeldDescriptor, any ViewerDialogue) -> Void)?
}

/// Where negotiated connections go: the fan-out engine, and the figures about viewers when they leave it.
package struct ViewerDelivery: Sendable {
    let engine: FanoutEngine
    let spec: CurrentSpec
    let log: Logger
    private let joins = JoinLog()

    package init(engine: FanoutEngine, spec: CurrentSpec, log: Logger) {
        self.engine = engine
        self.spec = spec
        self.log = log
    }

    func takeIn(_ publisher: any IntakeReader, on socket: AdoptedSocket, silence: TimeAmount) {
        guard let descriptor = socket.take() else { return publisher.ended(.left) }
        self.engine.takeIn(
            Intake(descriptor: descriptor, reader: publisher, silence: .nanoseconds(silence.nanoseconds))
        )
    }

    /// Has a publisher told what it has lost its stream for.
    func nudge(_ publisher: any IntakeReader) {
        self.engine.nudge(publisher)
    }

    func begin(_ viewer: NegotiatedViewer) {
        guard let descriptor = viewer.socket.take() else { return }
        let (socket, lease, viewerSession, log) = (viewer.socket, viewer.lease, viewer.viewerSession, self.log)
        // Whoever comes and goes a thousand times shall not fill the log.
        let untold = self.joins.hear(socket.peer, now: SystemClock.now)
        if let untold {
            var metadata: Logger.Metadata = [
                "stream": "\(viewerSession.shownStream)", "by": "\(viewerSession.kind.rawValue)",
                "address": "\(socket.peer)",
            ]
            if untold > 0 { metadata["more like it"] = "\(untold)" }
            log.info("viewer joined", metadata: metadata)
        }
        let engine = self.engine
        let id = engine.add(
            Viewer(
                descriptor: descriptor,
                tape: lease.tape,
                opening: viewer.opening,
                tick: viewer.tick ?? self.spec.value.tick,
                isPaused: viewer.isPaused,
                dialogue: viewer.dialogue,
                onRelease: viewer.onRelease
            ) { end in
                viewerSession.close(bytes: end.bytesSent, skips: end.skips, isStalled: end.reason == .stalled)
                let level = untold == nil ? Logger.Level.debug : .info
                log.log(
                    level: level,
                    "viewer left",
                    metadata: [
                        "stream": "\(viewerSession.shownStream)", "by": "\(viewerSession.kind.rawValue)",
                        "address": "\(socket.peer)",
                        "reason": "\(end.reason)", "bytes": "\(end.bytesSent)", "skips": "\(end.skips)",
                    ]
                )
                withExtendedLifetime(lease) {}
            }
        )
        viewerSession.follow(
            ViewerConnection(address: "\(socket.peer)", since: Instant(SystemClock.now)) {
                engine.statistics(of: id).map { Audience.Progress(bytes: $0.bytesSent, skips: $0.skips) }
            } end: {
                engine.remove(id)
            }
        )
    }
}

/// Which viewers that join the log tells of: those of an address for as long as they are not too many.
private final class JoinLog: Sendable {
    /// Of one address in each ``RefusalLogLimit/interval``.
    private static let lines = 50

    private let echo = Mutex(RefusalLogLimit(lines: JoinLog.lines))

    /// - Returns: how many were left out since the last that was told; nil if this one is to be left out.
    func hear(_ peer: InternetAddress, now: Now) -> Int? {
        self.echo.withLock { $0.hear("viewer", from: peer, now: now.monotonic) }
    }
}

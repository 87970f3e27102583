package import Admission
package import Contract
package import Fanout
package import Linux
package import Logging
package import NIOCore
package import Sockets
package import Streams
import Synchronization

/// A viewer whose negotiation is over.
package struct NegotiatedViewer: Sendable {
    package let socket: AdoptedSocket
    /// Who watches: whoever opened the connection, or on whose behalf a proxy did.
    package let peer: InternetAddress
    package let lease: WireLease
    package let session: ViewerSession
    /// What it is sent before anything of the stream.
    package let opening: ByteBuffer
    /// Its own latency budget; nil takes the relay's.
    package let tick: Duration?
    /// It has paused before it was sent anything.
    package let isPaused: Bool
    package let dialogue: (any ViewerDialogue)?
    /// Takes the connection back where the dialogue gives it up.
    package let onRelease: (@Sendable (HeldDescriptor, any ViewerDialogue) -> Void)?
    /// What it had of a process that is dead; nil: it is new.
    package let continuation: ViewerContinuation?

    package init(
        socket: AdoptedSocket,
        peer: InternetAddress? = nil,
        lease: WireLease,
        session: ViewerSession,
        opening: ByteBuffer,
        tick: Duration?,
        isPaused: Bool = false,
        dialogue: (any ViewerDialogue)?,
        onRelease: (@Sendable (HeldDescriptor, any ViewerDialogue) -> Void)? = nil,
        continuation: ViewerContinuation? = nil
    ) {
        self.socket = socket
        self.peer = peer ?? socket.peer
        self.lease = lease
        self.session = session
        self.opening = opening
        self.tick = tick
        self.isPaused = isPaused
        self.dialogue = dialogue
        self.onRelease = onRelease
        self.continuation = continuation
    }
}

/// Where negotiated connections go: the fan-out engine, and the figures about viewers when they leave it.
package struct ViewerDelivery: Sendable {
    package let engine: FanoutEngine
    package let spec: CurrentSpec
    package let log: Logger
    /// Makes the memory that publishers are received into who outlive the process; nil: none does.
    private let intakeMemory: (@Sendable () -> IntakeMemory?)?
    private let joins = JoinLog()

    package init(
        engine: FanoutEngine,
        spec: CurrentSpec,
        intakeMemory: (@Sendable () -> IntakeMemory?)? = nil,
        log: Logger
    ) {
        self.engine = engine
        self.spec = spec
        self.intakeMemory = intakeMemory
        self.log = log
    }

    /// Reads a publisher from now on.
    ///
    /// - Parameters:
    ///   - publisher: understands what it sends.
    ///   - socket: its connection.
    ///   - silence: how long it may send nothing.
    ///   - leastMessage: as in ``Intake/leastMessage``.
    ///   - memory: what another process received it into; nil: it is new.
    package func takeIn(
        _ publisher: any IntakeReader,
        on socket: AdoptedSocket,
        silence: TimeAmount,
        leastMessage: Int = 1,
        memory: IntakeMemory? = nil
    ) {
        guard let descriptor = socket.take() else { return publisher.ended(.left) }
        self.engine.takeIn(
            Intake(
                descriptor: descriptor,
                reader: publisher,
                silence: .nanoseconds(silence.nanoseconds),
                leastMessage: leastMessage,
                memory: memory ?? (publisher.canOutliveProcess ? self.intakeMemory?() : nil)
            )
        )
    }

    /// Has a publisher told what it has lost its stream for.
    package func nudge(_ publisher: any IntakeReader) {
        self.engine.nudge(publisher)
    }

    /// Has a viewer that came at that instant sent its tape.
    package func begin(_ viewer: NegotiatedViewer, since: Instant = Instant(SystemClock.now)) {
        guard let descriptor = viewer.socket.take() else { return }
        let (peer, lease, session, log) = (viewer.peer, viewer.lease, viewer.session, self.log)
        // Whoever comes and goes a thousand times shall not fill the log.
        let untold = viewer.continuation == nil ? self.joins.hear(peer, now: SystemClock.now) : nil
        if let untold {
            var metadata: Logger.Metadata = [
                "stream": "\(session.shownStream)", "by": "\(session.kind.rawValue)",
                "address": "\(peer)",
            ]
            if untold > 0 { metadata["more like it"] = "\(untold)" }
            log.info("viewer joined", metadata: metadata)
        }
        let engine = self.engine
        var newcomer = Viewer(
            descriptor: descriptor,
            tape: lease.tape,
            opening: viewer.opening,
            tick: viewer.tick ?? self.spec.value.tick,
            isPaused: viewer.isPaused,
            dialogue: viewer.dialogue,
            onRelease: viewer.onRelease,
            card: ViewerCard(viewer, since: since)?.bytes,
            continuation: viewer.continuation
        ) { end in
            session.close(bytes: end.bytesSent, skips: end.skips, isStalled: end.reason == .stalled)
            let level = untold == nil ? Logger.Level.debug : .info
            log.log(
                level: level,
                "viewer left",
                metadata: [
                    "stream": "\(session.shownStream)", "by": "\(session.kind.rawValue)",
                    "address": "\(peer)",
                    "reason": "\(end.reason)", "bytes": "\(end.bytesSent)", "skips": "\(end.skips)",
                ]
            )
            withExtendedLifetime(lease) {}
        }
        newcomer.onStart = { session.start() }
        let id = engine.add(newcomer)
        session.follow(
            ViewerConnection(address: "\(peer)", since: since) {
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

import Contract
package import Fanout
package import Logging
import NIOCore
package import Relay
import Sockets

/// A viewer whose negotiation is over.
struct ViewerArrival: Sendable {
    let socket: AdoptedSocket
    let lease: WireLease
    let seat: Audience.Seat
    /// What it is sent before anything of the stream.
    let opening: ByteBuffer
    /// Its own latency budget; nil takes the relay's.
    let tick: Duration?
    let dialogue: (any ViewerDialogue)?
}

/// Where negotiated connections go: the fan-out engine, and the figures about viewers when they leave it.
package struct ViewerStage: Sendable {
    let engine: FanoutEngine
    let spec: CurrentSpec
    let log: Logger

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

    func seat(_ arrival: ViewerArrival) {
        guard let descriptor = arrival.socket.take() else { return }
        let (socket, lease, seat, log) = (arrival.socket, arrival.lease, arrival.seat, self.log)
        log.info(
            "viewer joined",
            metadata: ["stream": "\(seat.stream)", "by": "\(seat.kind.rawValue)", "address": "\(socket.peer)"]
        )
        let engine = self.engine
        let id = engine.add(
            Viewer(
                descriptor: descriptor,
                tape: lease.tape,
                opening: arrival.opening,
                tick: arrival.tick ?? self.spec.value.tick,
                dialogue: arrival.dialogue
            ) { end in
                seat.close(bytes: end.bytesSent, skips: end.skips, isStalled: end.reason == .stalled)
                log.info(
                    "viewer left",
                    metadata: [
                        "stream": "\(seat.stream)", "by": "\(seat.kind.rawValue)", "address": "\(socket.peer)",
                        "reason": "\(end.reason)", "bytes": "\(end.bytesSent)", "skips": "\(end.skips)",
                    ]
                )
                withExtendedLifetime(lease) {}
            }
        )
        seat.follow(
            SeatedConnection(address: "\(socket.peer)", since: Instant(SystemClock.now)) {
                engine.statistics(of: id).map { Audience.Progress(bytes: $0.bytesSent, skips: $0.skips) }
            } end: {
                engine.remove(id)
            }
        )
    }
}

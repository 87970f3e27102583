import Contract
import Linux
import NIOCore
import Sockets

/// One connection on the front door's thread.
final class DoorConnection {
    /// The reader that finds out which relay the connection is for.
    enum Entrance {
        case http(HTTPEntrance)
        case rtmp(RTMPEntrance)
        case rtsp(RTSPEntrance)
        /// Somebody has, before a relay had it: what was taken from the socket by then.
        case known([UInt8])
    }

    enum Phase {
        case arriving
        case waiting(RelayName)
        /// It was refused and may read why; bytes that still come are thrown away.
        case leaving(discarded: Int)
    }

    let id: UInt64
    let handover: Handover
    let ticket: ConnectionLimiter.Ticket
    let since: MonotonicInstant
    var entrance: Entrance
    var phase = Phase.arriving
    var deadline = MonotonicInstant.distantFuture

    /// What the socket was seen to hold when it became plain whom the connection is for.
    var seen: [UInt8]

    private let losses: Int

    /// Steps that count as progress; a peer that says hello again and again comes no nearer.
    private var stepsLeft = 2

    /// Nil while somebody else is asked whether he takes it.
    var descriptor: OwnedDescriptor?

    init(id: UInt64, _ arrival: consuming Arrival, isKnown: Bool) {
        self.id = id
        self.seen = arrival.known.seen
        self.losses = arrival.known.losses
        self.handover = arrival.handover
        self.ticket = arrival.ticket
        self.since = arrival.since
        switch arrival.handover.stage {
        case .rtmp where isKnown, .rtsp where isKnown: self.entrance = .known(arrival.payload)
        case .http: self.entrance = .http(HTTPEntrance(taken: arrival.payload))
        case .rtmp: self.entrance = .rtmp(RTMPEntrance(nonce: .random(in: .min ... .max)))
        case .rtsp: self.entrance = .rtsp(RTSPEntrance())
        }
        self.descriptor = arrival.release()
    }

    /// The peer has come a step further on the way to say whom it wants.
    func hearStep() {
        guard self.stepsLeft > 0 else { return }
        self.stepsLeft -= 1
        self.ticket.hear()
    }

    /// The connection as it is handed on.
    func depart() -> Arrival? {
        guard let descriptor = self.descriptor.take() else { return nil }
        return Arrival(
            descriptor: descriptor,
            known: PendingConnection(self.handover, payload: self.payload, seen: self.seen, losses: self.losses),
            ticket: self.ticket,
            since: self.since
        )
    }

    private var payload: [UInt8] {
        switch self.entrance {
        case .http(let entrance): entrance.taken
        case .rtmp(let entrance): entrance.payload
        case .rtsp(let entrance): entrance.payload
        case .known(let payload): payload
        }
    }

    /// What it is told when it is sent away; nothing where its protocol has no word for it yet.
    func refusal(_ sentence: String) -> [UInt8] {
        switch self.entrance {
        case .http(let entrance): return HTTPRefusal.later(sentence: sentence).bytes(isHead: entrance.isHead)
        case .rtmp(var entrance):
            let bytes = entrance.refusal(sentence)
            self.entrance = .rtmp(entrance)
            return Array(bytes.readableBytesView)
        case .rtsp(let entrance): return entrance.refusal(sentence)
        case .known: return []
        }
    }
}

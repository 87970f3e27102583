package import Contract
import Sockets

/// What strangers may cost the front door.
package struct FrontDoorLimits: Hashable, Sendable {
    /// Connections of every kind, those that relays have included.
    package var total = 20_000

    /// Connections of each protocol that have not said yet whom they are for. Each may hold ``rtmpBytes``.
    package var undecided = 1024

    /// Of ``undecided``, places that are kept for the machine itself.
    package var reserved = 64

    /// Connections that wait for relays to be ready.
    package var waiting = 1024

    /// How long they wait.
    package var wait = DoorSnapshot.standardWait

    /// For the first line of an HTTP request to come.
    package var head = Duration.seconds(15)

    /// For an RTMP peer's `connect` to come.
    package var decision = Duration.seconds(10)

    /// For a TLS handshake to be done.
    package var handshake = Duration.seconds(10)

    /// For a refused peer to read why and close.
    package var farewell = Duration.seconds(1)

    /// How often the files of the certificate are looked at; a new one is used when it was the same twice.
    package var certificateInterval = Duration.seconds(1)

    /// Bytes of the first line of an HTTP request.
    package static let requestLine = 8 << 10

    /// Bytes an RTMP peer may send between handshake and `connect`; with what a last read brings it stays below
    /// `ControlLimits.payload`.
    package static let rtmpBytes = 64 << 10

    /// Bytes of the head of a request by which an RTSP peer asks what a server can do, and names no relay.
    package static let rtspBytes = 16 << 10

    /// Bytes of an answer by HTTP that the kernel may keep until the player has taken them: what it keeps is delivered
    /// even when the relay dies in this moment, and what it does not is cut off, which Chromium's own player does not
    /// survive. A segment of two seconds at 8 Mbit/s has as much. It is no more than the kernel's own tuning comes to
    /// in the end (`net.ipv4.tcp_wmem`), and costs nothing while nothing is on the way.
    static let answerBytes = 2 << 20

    /// Bytes of one read.
    static let readBytes = 16 << 10

    /// Connections taken from one listener before others have their turn.
    static let acceptsPerRound = 64

    /// How long nothing is accepted after the kernel could not give a connection.
    static let respite = Duration.milliseconds(100)

    /// How often the log says that connections were refused.
    static let reportInterval = Duration.seconds(1)

    package init() {}

    /// What the configuration sets, and the rest as usual.
    package init(_ spec: DoorSpec) {
        self.total = spec.connections
        self.undecided = spec.undecided
        self.reserved = spec.reserved
        self.waiting = spec.waiting
    }

    var connections: ConnectionLimiter.Limits {
        ConnectionLimiter.Limits(
            total: self.total,
            undecided: self.undecided,
            reserved: self.reserved,
            waiting: self.waiting
        )
    }
}

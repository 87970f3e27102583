/// What either program takes from the other in one message, and how often. A relay that goes over is replaced.
package enum ControlLimits {
    /// Bytes of a message without its payload. A snapshot of 256 streams has about 800 KB.
    package static let message = 4 << 20

    /// Bytes read from a connection before it changed hands.
    package static let payload = 128 << 10

    /// Bytes of what a relay writes on something that it has stored.
    package static let label = 1024

    /// Pieces of memory that are stored for a relay.
    package static let storedMemories = 512

    /// Messages a relay may send in a second. A viewer that comes and goes again is two.
    package static let messagesPerSecond = 6000

    /// UDP sockets a relay may ask for in a second.
    package static let datagramRequestsPerSecond = 500

    /// UDP sockets that a relay may have open at once for each destination or source of its configuration: one in use, those
    /// that are on their way out, and one to come.
    package static let socketsPerDestination = 4

    /// Tracks of a session by RTSP that a relay may ask for UDP sockets for, for each connection that it is given: one that plays
    /// again and again sets them up anew.
    package static let requestsPerSession = 64

    /// Names that may be looked up for a relay at once.
    package static let lookups = 16

    /// Bytes that may wait for a program that does not read.
    package static let backlog = 16 << 20

    /// How often the host asks for a sign of life, and how long the relay may take to give it.
    package static let beatInterval = Duration.milliseconds(500)
    package static let beatTimeout = Duration.seconds(2)
}

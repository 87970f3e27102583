/// Files, sockets and tapes that a process may have open at once: each is a descriptor.
package enum OpenFiles {
    /// What a process has of its own: libraries, pollers, pipes, logs, its control socket.
    private static let own = 512

    /// A connection has two descriptors until it is handed over.
    private static let perConnection = 2

    /// A viewer who is sent datagrams has two for each of two tracks.
    private static let socketsPerViewer = 4

    /// RTMP, HTTP and RTSP have undecided connections each.
    private static let protocols = 3

    /// A stream's own tape, one of each wire format, and those of further sounds and of choices of tracks.
    private static let tapesPerStream = 16

    /// Ports of UDP of one stream: pairs of its publisher's tracks, or one a destination that it is sent to.
    private static let portsPerStream = 32

    /// Of names that viewers wait for and nobody publishes, a few have a format besides.
    private static let awaitedTapes = 256

    /// No process is given less.
    private static let least = 4096

    /// Of a relay's instance.
    package static func relay(_ limits: LimitsSpec) -> Int {
        let connections = Self.perConnection * (limits.viewers + Self.protocols * limits.undecided)
        let datagrams = Self.socketsPerViewer * limits.viewers
        let streams = limits.streams * (Self.tapesPerStream + Self.portsPerStream)
        return max(Self.least, Self.own + connections + datagrams + streams + Self.awaitedTapes)
    }

    /// Of the host. Connections that relays have are not its own (what they store with it is kept within what is left), but those of TLS are: it has the socket and the end that
    /// a relay reads the other of.
    ///
    /// - Parameters:
    ///   - door: What strangers may cost it.
    ///   - isTLS: Whether it has listeners with TLS.
    ///   - relays: How many it starts.
    ///   - loans: Connections of one relay that it keeps until they are answered.
    ///   - sockets: Ports of UDP that it holds for all relays together.
    /// - Returns: Descriptors at most.
    package static func host(_ door: DoorSpec, isTLS: Bool, relays: Int, loans: Int, sockets: Int) -> Int {
        let deciding = min(door.connections, Self.protocols * door.undecided + door.waiting)
        let sealed = isTLS ? 2 * door.connections : 0
        return Self.own + deciding + sealed + relays * (loans + Self.portsPerStream) + sockets
    }
}

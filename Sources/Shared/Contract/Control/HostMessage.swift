/// What the host says to a relay it has started, over the control socket.
package enum HostMessage: Equatable, Sendable, Codable {
    /// What the relay shall do from now on: the first message, and again whenever the configuration changes. The name
    /// stays the same.
    case configure(RelaySpec)

    /// Something that the instance before this one had stored; a duplicate comes with the message. Of a connection, what the
    /// host said of it when it gave it away first. All of them come after the first `configure` was answered and before
    /// ``resume(count:)``, and each is stored under its number until the relay discards it.
    case restore(StoredDescriptor, Handover?)

    /// So many were restored, and nobody else uses them: the instance before is dead. The instance writes to none of them
    /// before it is told this. One that inherits nothing is told so, too, and no connection is given to an instance before.
    case resume(count: Int)

    /// Somebody's connection is the relay's from here on; its socket comes with the message, and as payload the bytes
    /// that were read from it on the way.
    case connection(Handover)

    /// A UDP socket that is the relay's to use from here on, in place of any it had for the same; it comes with the
    /// message. One for a source that the configuration does not name any more is to be closed.
    case socket(SocketGrant)

    /// There is no socket for a ``RelayMessage/request(_:_:)`` of that number, and the sentence says why.
    case refused(UInt64, sentence: String)

    /// Asks for a sign of life: the relay answers with ``RelayMessage/beat(_:_:)`` of the same number.
    case beat(UInt64)

    /// Something an operator wants; the relay answers with ``RelayMessage/done(_:_:)`` of the same number.
    case perform(UInt64, RelayOrder)

    /// The relay takes no more connections, gives viewers what is on tape, tells publishers the sentence, and ends.
    case drain(sentence: String)
}

/// What an operator may want of a relay that runs.
package enum RelayOrder: Hashable, Sendable, Codable {
    case listViewers
    /// Ends a viewer's connection.
    case kick(viewer: UInt64)
    /// What is to be seen in a stream's newest keyframe. Who asks makes the relay decode them for some seconds.
    case still(StreamName)
    /// Ends the publisher's connection; the sentence is what it is told.
    case dropPublisher(StreamName, sentence: String)
}

/// A connection that changes hands between the two programs.
package struct Handover: Hashable, Sendable, Codable {
    /// How far the two peers have come.
    package enum Stage: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
        /// The RTMP handshake is done; the payload is what came after it, `connect` included, and nothing of it was
        /// answered.
        case rtmp
        /// Nothing was answered; the payload, if there is any, comes before what the socket still holds.
        case http
        /// Nothing of the payload was answered; it comes before what the socket still holds.
        case rtsp
    }

    package let stage: Stage

    /// Who opened the connection, `host:port`. The socket cannot always tell: behind TLS it is a pair of the host's.
    package let peer: String

    /// Whether the connection reaches the host by TLS.
    package let isSecure: Bool

    /// Whether a trusted proxy says who opened the connection: an address of loopback is then that of another machine.
    package let isProxied: Bool

    package init(stage: Stage, peer: String, isSecure: Bool, isProxied: Bool = false) {
        self.stage = stage
        self.peer = peer
        self.isSecure = isSecure
        self.isProxied = isProxied
    }
}

/// What a relay says to the host that started it, over the control socket.
package enum RelayMessage: Equatable, Sendable, Codable {
    /// The first message: the relay is up and speaks this version of the language.
    case hello(version: Int, build: String)

    /// A ``HostMessage/configure(_:)`` is in force; the sentences say what of it needs a new instance to take effect.
    case configured(deferred: [String])

    /// The answer to ``HostMessage/beat(_:)``.
    case beat(UInt64, RelaySnapshot)

    /// A connection whose next request is for somebody else; its socket comes with the message, and as payload the bytes
    /// of that request and whatever came behind it.
    case returned(Handover)

    case done(UInt64, OrderOutcome)

    /// UDP sockets are wanted; the host answers with as many ``HostMessage/socket(_:)`` as there are, or with a refusal.
    /// They are given back by being closed.
    case request(UInt64, DatagramRequest)

    /// Something is to be kept for the relay's next instance; its descriptor comes with the message. One that is stored already
    /// is given a new label, and its descriptor need not come again.
    case store(StoredDescriptor)

    /// The relay has ended with what it stored under that number: the host closes its duplicate. A number that the host does not
    /// know, or not any more, is no mistake.
    case discard(UInt64)

    /// Of this version of both programs. A host refuses a relay of another.
    package static let languageVersion = 8
}

/// What came of an order.
package enum OrderOutcome: Hashable, Sendable, Codable {
    case viewers([ViewerSnapshot])
    /// It was done, or there was nobody it could be done to.
    case performed(Bool)
    /// Nil before the first keyframe after it was asked for.
    case still(StillView?)
}

/// A viewer that stays connected, as of now.
package struct ViewerSnapshot: Hashable, Sendable, Codable {
    /// Of its relay instance; never given out twice by one.
    package let number: UInt64
    package let stream: StreamName
    package let `protocol`: ViewerProtocol

    /// `host:port`.
    package let address: String

    /// The venue whose token it showed.
    package let venue: VenueName?

    package let since: Instant

    /// Sent to it so far.
    package let bytes: UInt64

    /// Times it was too slow and was moved forward to a keyframe.
    package let skips: UInt64

    /// How packets go to it; nil where its protocol does not know.
    package let link: LinkSnapshot?

    package init(
        number: UInt64,
        stream: StreamName,
        protocol: ViewerProtocol,
        address: String,
        venue: VenueName?,
        since: Instant,
        bytes: UInt64,
        skips: UInt64,
        link: LinkSnapshot? = nil
    ) {
        self.number = number
        self.stream = stream
        self.protocol = `protocol`
        self.address = address
        self.venue = venue
        self.since = since
        self.bytes = bytes
        self.skips = skips
        self.link = link
    }
}

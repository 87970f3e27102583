package import NIOCore

/// Understands what a viewer sends while it watches: bytes in, requests out; never a socket.
package protocol ViewerDialogue: Sendable {
    /// Bytes came in; at most some 16 KiB at a time.
    mutating func received(_ bytes: ByteBuffer) -> [ViewerRequest]

    /// What another process has to know to understand the viewer when this one dies; nil: nobody hears it then.
    var standing: String? { get }

    /// Where it stands behind all that the viewer has said, in few bytes, where only who knows all of that understands the rest.
    /// It is written down whenever the viewer has said something. Nil: it cannot be said, or need not be.
    var checkpoint: ByteBuffer? { get }
}

extension ViewerDialogue {
    package var standing: String? { nil }

    package var checkpoint: ByteBuffer? { nil }
}

/// What a dialogue wants done, in order.
package enum ViewerRequest: Hashable, Sendable {
    /// Send these bytes, between two records of the tape.
    case reply(ByteBuffer)

    /// Send nothing from the tape, after the record in progress.
    case pause

    /// Go on: where it stopped while that is the newest picture, else at the newest join.
    case resume

    /// End the viewer once it was sent the replies before this.
    case close

    /// The same, but the connection goes on: it is given to ``Viewer/onRelease`` with the dialogue. Nothing more is read
    /// from it before.
    case release
}

package import Contract
package import Fanout
package import Linux
package import NIOCore
package import Sockets
package import Streams

/// A protocol whose peers connect by TCP, as the server that has their connections knows it.
package protocol ConnectionService: Sendable {
    /// Opens a channel that speaks the protocol on a connection.
    func open(
        _ socket: AdoptedSocket,
        _ origin: ConnectionOrigin,
        on group: any EventLoopGroup
    ) throws -> EventLoopFuture<any Channel>

    /// Called a few times a second.
    func sweep(now: Now)

    /// Goes on with a publisher of a process that is dead.
    ///
    /// - Parameters:
    ///   - socket: its connection.
    ///   - intake: what it sent, and where its reader stood.
    ///   - group: where the connection goes on if it has another session.
    /// - Returns: false if that cannot be; the connection is still the caller's then.
    func resume(_ socket: AdoptedSocket, _ intake: IntakeMemory.Standing, on group: any EventLoopGroup) -> Bool

    /// Goes on with a publisher of a process that is dead, which sends datagrams.
    ///
    /// - Parameters:
    ///   - left: what came of it, and where its reader stood.
    ///   - sockets: by which it came.
    ///   - group: where its connection goes on.
    ///   - adopt: gives out connections by their numbers, each once; the service closes one that it cannot go on with.
    /// - Returns: false if that cannot be.
    func resume(
        _ left: DatagramMemory.Standing,
        by sockets: inout KeptSockets,
        on group: any EventLoopGroup,
        adopt: (UInt64) -> KeptConnection?
    ) -> Bool

    /// Goes on with viewers that a process which is dead sent datagrams.
    ///
    /// - Parameters:
    ///   - viewers: how they stood, those of other protocols among them.
    ///   - sockets: by which they were sent to.
    ///   - tapes: what else goes on.
    func resume(
        _ viewers: [StoredViewers.DatagramStanding],
        by sockets: inout KeptSockets,
        on tapes: SurvivingTapes
    )

    /// Goes on with the connection of such a viewer, after all of them.
    ///
    /// - Parameters:
    ///   - socket: the connection.
    ///   - standing: how it stood.
    ///   - kept: of the keeper of the connection.
    ///   - sockets: by which viewers were sent to that had paused.
    ///   - tapes: what else goes on.
    ///   - group: where the connection goes on if it has another session.
    /// - Returns: false if that cannot be; the connection is still the caller's then.
    func resume(
        _ socket: AdoptedSocket,
        _ standing: StoredViewers.Standing,
        kept: UInt64,
        by sockets: inout KeptSockets,
        on tapes: SurvivingTapes,
        _ group: any EventLoopGroup
    ) -> Bool

    /// Goes on with a connection of a process that is dead, which was between two requests or in the middle of an answer.
    ///
    /// - Parameters:
    ///   - socket: the connection.
    ///   - exchange: how it stood.
    ///   - handover: what the host said of it.
    ///   - group: where it goes on.
    /// - Returns: false if that cannot be; the connection is still the caller's then.
    func resume(
        _ socket: AdoptedSocket,
        _ exchange: ResumedExchange,
        _ handover: Handover,
        on group: any EventLoopGroup
    ) -> Bool

    /// Understands from now on what a viewer of a process that is dead says.
    ///
    /// - Parameters:
    ///   - standing: what that had written down of their dialogue.
    ///   - isPaused: whether the viewer has paused.
    ///   - socket: its connection.
    ///   - group: where the connection goes on if it has another session.
    /// - Returns: nil if nobody can.
    func dialogue(
        from standing: String,
        isPaused: Bool,
        with socket: AdoptedSocket,
        on group: any EventLoopGroup
    ) -> ResumedDialogue?

    /// The same, of a protocol in which only who knows all that a viewer has said understands the rest: nothing of it is lost.
    ///
    /// - Parameter checkpoint: ``ViewerDialogue/checkpoint`` behind that.
    /// - Returns: nil if nobody can.
    func dialogue(behind checkpoint: ByteBuffer) -> (any ViewerDialogue)?
}

/// Who understands a viewer of a process that is dead, and what becomes of its connection when it wants something else.
package struct ResumedDialogue: Sendable {
    package let dialogue: any ViewerDialogue
    package let onRelease: @Sendable (HeldDescriptor, any ViewerDialogue) -> Void

    package init(
        _ dialogue: any ViewerDialogue,
        onRelease: @escaping @Sendable (HeldDescriptor, any ViewerDialogue) -> Void
    ) {
        self.dialogue = dialogue
        self.onRelease = onRelease
    }
}

/// How a connection of a process that is dead stood, and what its peer is still to have.
package struct ResumedExchange: Sendable {
    package struct Answer: Sendable {
        /// What is left of it.
        package let rest: ByteBuffer
        /// Whether the connection ends with it.
        package let isLast: Bool
        /// ``SocketProgress/given`` when all of it is sent.
        package let given: UInt64
        /// Something that has to stay until it is.
        package let holds: (any Sendable)?

        package init(rest: ByteBuffer, isLast: Bool, given: UInt64, holds: (any Sendable)?) {
            self.rest = rest
            self.isLast = isLast
            self.given = given
            self.holds = holds
        }
    }

    package let exchange: Exchange
    /// Of the keeper of the connection.
    package let kept: UInt64
    /// Nil: none has begun.
    package let answer: Answer?

    package init(_ exchange: Exchange, kept: UInt64, answer: Answer?) {
        self.exchange = exchange
        self.kept = kept
        self.answer = answer
    }
}

/// A connection of a process that is dead.
package struct KeptConnection: Sendable {
    package let socket: AdoptedSocket
    package let progress: SocketProgress
    /// Of its keeper.
    package let number: UInt64

    package init(socket: AdoptedSocket, progress: SocketProgress, number: UInt64) {
        self.socket = socket
        self.progress = progress
        self.number = number
    }
}

/// Of a process that is dead, what is written on.
package struct SurvivingTapes: Sendable {
    package let streams: Set<StreamName>
    /// Tapes by the keeper's number.
    package let tapes: Set<UInt64>

    package init(streams: Set<StreamName>, tapes: Set<UInt64>) {
        self.streams = streams
        self.tapes = tapes
    }
}

extension ConnectionService {
    package func resume(
        _ left: DatagramMemory.Standing,
        by sockets: inout KeptSockets,
        on group: any EventLoopGroup,
        adopt: (UInt64) -> KeptConnection?
    ) -> Bool { false }

    package func resume(
        _ viewers: [StoredViewers.DatagramStanding],
        by sockets: inout KeptSockets,
        on tapes: SurvivingTapes
    ) {}

    package func resume(
        _ socket: AdoptedSocket,
        _ standing: StoredViewers.Standing,
        kept: UInt64,
        by sockets: inout KeptSockets,
        on tapes: SurvivingTapes,
        _ group: any EventLoopGroup
    ) -> Bool { false }

    package func resume(
        _ socket: AdoptedSocket,
        _ exchange: ResumedExchange,
        _ handover: Handover,
        on group: any EventLoopGroup
    ) -> Bool { false }

    package func dialogue(
        from standing: String,
        isPaused: Bool,
        with socket: AdoptedSocket,
        on group: any EventLoopGroup
    ) -> ResumedDialogue? { nil }

    package func dialogue(behind checkpoint: ByteBuffer) -> (any ViewerDialogue)? { nil }

    package func resume(
        _ socket: AdoptedSocket,
        _ intake: IntakeMemory.Standing,
        on group: any EventLoopGroup
    ) -> Bool { false }

    package func sweep(now: Now) {}
}

/// How a connection came to the relay.
package enum ConnectionOrigin: Sendable {
    /// The relay accepted it itself.
    case accepted
    /// The host accepted it. `opening` is what the host read of it and did not use.
    case handedOver(Handover, opening: ByteBuffer)

    /// What the host has read; nil where it has read nothing.
    package var opening: ByteBuffer? {
        switch self {
        case .accepted: nil
        case .handedOver(_, let opening): opening
        }
    }
}

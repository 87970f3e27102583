package import Contract
package import Fanout
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
}

extension ConnectionService {
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

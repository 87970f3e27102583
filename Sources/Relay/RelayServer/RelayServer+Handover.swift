import Admission
package import Contract
import Control
import DatagramService
import Fanout
package import Linux
import Logging
import NIOCore
import NIOPosix
import Sessions
import Sockets

/// Connections that another program accepted.
extension RelayServer {
    /// Serves a connection from where the host left it; `opening` is what was read from it and not used.
    package func adopt(_ handover: Handover, _ descriptor: consuming OwnedDescriptor, opening: [UInt8]) {
        let peer = handover.address
        // Nothing was said to its peer: the host, which kept a descriptor, gives it to whoever follows.
        guard !self.isEnding else { return }
        guard let ticket = try? self.limiter.admit(from: handover.countedHost, handover.stage) else {
            return TCPSocket.hangUp(descriptor)
        }
        let socket = AdoptedSocket(descriptor, peer: peer, ticket: ticket)
        self.serve(socket, handover.stage, .handedOver(handover, opening: ByteBuffer(bytes: opening)))
    }

    /// Uses a UDP socket for what it was opened for.
    package func adopt(_ grant: SocketGrant, _ descriptor: consuming OwnedDescriptor) {
        switch grant.purpose {
        case .source(let stream, let media, let isReports):
            guard !self.isEnding else { return }
            self.sources.adopt(stream, DeclaredSource.Place(media: media, isReports: isReports), descriptor)
        case .srt: self.adoptForSRT(descriptor)
        case .request:
            self.services.log.debug("a UDP socket is not used", metadata: ["port": "\(grant.port)"])
        }
    }

    /// Binds what the configuration calls for; for a relay without a host.
    func openOwnSockets() throws {
        for need in self.services.spec.socketNeeds {
            self.adopt(
                SocketGrant(purpose: need.purpose, port: need.address.port),
                try DatagramOpener.open(need)
            )
        }
    }

    /// Calls `body` with what is true of the relay once every event loop has come round: not at all where one hangs.
    package func whenTurning(_ body: @escaping @Sendable (RelaySnapshot) -> Void) {
        self.engine.wake()
        let turns = self.group.makeIterator().map { loop in loop.submit {} }
        EventLoopFuture.andAllSucceed(turns, on: self.group.next()).whenSuccess { [weak self] in
            guard let self else { return }
            body(self.snapshot(now: SystemClock.now))
        }
    }
}

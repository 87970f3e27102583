import Admission
import Linux
import Logging
import NIOCore
import Sessions
import Sockets
import Wire

/// Connections that come back from the fan-out engine: their session is over and another may follow, or a player or a
/// publisher that has paused sets its tracks up anew.
extension RTSPConnection {
    /// What was agreed on the connection before.
    struct Former: Sendable {
        let session: RTSPServerSession
        /// What is to be done for it first.
        let events: [RTSPServerEvent]
        /// What its peer was let in to watch: players show their token once.
        var admission: RTSPViewerAdmission?
        /// What its peer has published.
        var announcement: RTSPAnnouncement?
        /// The session of its peer that is sent datagrams.
        var playback: RTSPPlayback?
    }

    /// Takes a connection back from the fan-out engine.
    static func resume(
        _ held: HeldDescriptor,
        of socket: AdoptedSocket,
        _ former: Former,
        _ service: RTSPService,
        on loop: any EventLoop
    ) {
        guard let descriptor = held.take() else { return }
        let adopted = AdoptedSocket(descriptor, peer: socket.peer, ticket: socket.ticket)
        self.resume(adopted, former, service, on: loop)
    }

    /// Goes on with a connection whose peer may have another session.
    static func resume(
        _ socket: AdoptedSocket,
        _ former: Former,
        _ service: RTSPService,
        on loop: any EventLoop
    ) {
        do throws(LinuxError) {
            let opened = try socket.open(on: loop) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RTSPConnection(socket: socket, service: service, former: former)
                    )
                }
            }
            opened.whenFailure { _ in socket.close() }
        } catch {
            service.services.log.warning(
                "a connection cannot be taken back",
                metadata: ["peer": "\(socket.peer)", "error": "\(error)"]
            )
            socket.close()
        }
    }
}

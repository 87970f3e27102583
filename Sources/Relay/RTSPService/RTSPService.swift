import Admission
import Contract
package import Fanout
import Logging
package import NIOCore
package import Sessions
package import Sockets
package import Streams
import Wire

/// Publishing and playing by RTSP, with RTP over the connection, as datagrams, or from a multicast group.
package final class RTSPService: ConnectionService {
    let services: RelayServices
    /// Where viewers are sent datagrams from.
    let viewerPorts: RTSPViewerPorts
    /// Sessions of players that are sent datagrams.
    let playbacks: RTSPPlaybacks
    let multicast: MulticastSenders

    package init(_ services: RelayServices) {
        self.services = services
        self.viewerPorts = RTSPViewerPorts(services.ports)
        self.playbacks = RTSPPlaybacks(
            timeout: RTSPSessionConfiguration().timeout,
            clock: services.clock,
            log: services.log
        )
        self.multicast = MulticastSenders(services)
    }

    package func open(
        _ socket: AdoptedSocket,
        _ origin: ConnectionOrigin,
        on group: any EventLoopGroup
    ) throws -> EventLoopFuture<any Channel> {
        try socket.open(on: group) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    RTSPConnection(socket: socket, service: self, opening: origin.opening)
                )
            }
        }
    }

    package func resume(
        _ socket: AdoptedSocket,
        _ intake: IntakeMemory.Standing,
        on group: any EventLoopGroup
    ) -> Bool {
        let delivery = self.services.delivery
        var log = self.services.log
        log[metadataKey: "peer"] = "\(socket.peer)"
        guard let standing = StandingText.read(intake.state, as: RTSPPublisher.Standing.self),
            let announcement = standing.announcement,
            let publisher = RTSPPublisher(
                resuming: standing,
                announcement,
                admission: PublisherAdmission(self.services.admission, of: socket, log: log),
                nudge: { delivery.nudge($0) },
                resume: { [self, loop = group.next()] held, session, events in
                    let former = RTSPConnection.Former(session: session, events: events, announcement: announcement)
                    RTSPConnection.resume(held, of: socket, former, self, on: loop)
                }
            )
        else { return false }
        socket.ticket.decide()
        delivery.takeIn(publisher, on: socket, silence: self.services.deadlines.silence, memory: intake.memory)
        return true
    }

    package func dialogue(
        from standing: String,
        isPaused: Bool,
        with socket: AdoptedSocket,
        on group: any EventLoopGroup
    ) -> ResumedDialogue? {
        guard let dialogue = RTSPViewerDialogue(from: standing, isPaused: isPaused) else { return nil }
        return ResumedDialogue(dialogue) { [self, loop = group.next()] held, dialogue in
            guard let dialogue = dialogue as? RTSPViewerDialogue else { return }
            let former = RTSPConnection.Former(session: dialogue.session, events: dialogue.left)
            RTSPConnection.resume(held, of: socket, former, self, on: loop)
        }
    }

    package func sweep(now: Now) {
        self.multicast.sweep()
        self.playbacks.sweep()
    }
}

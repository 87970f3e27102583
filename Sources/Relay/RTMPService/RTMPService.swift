import Admission
import Contract
package import Fanout
import Logging
package import NIOCore
package import Sessions
package import Sockets
import Wire

/// Publishing and playing by RTMP.
package struct RTMPService: ConnectionService {
    private let services: RelayServices
    /// Encoders that log in are given challenges made of it; another for each process.
    private let loginSecret = UInt64.random(in: .min ... .max)

    package init(_ services: RelayServices) {
        self.services = services
    }

    package func open(
        _ socket: AdoptedSocket,
        _ origin: ConnectionOrigin,
        on group: any EventLoopGroup
    ) throws -> EventLoopFuture<any Channel> {
        try socket.open(on: group) { channel in
            channel.eventLoop.makeCompletedFuture {
                let connection = RTMPConnection(
                    socket: socket,
                    services: self.services,
                    configuration: self.configuration,
                    opening: origin.opening
                )
                try channel.pipeline.syncOperations.addHandler(connection)
            }
        }
    }

    package func resume(
        _ socket: AdoptedSocket,
        _ intake: IntakeMemory.Standing,
        on group: any EventLoopGroup
    ) -> Bool {
        guard let standing = StandingText.read(intake.state, as: RTMPPublisher.Standing.self),
            let publisher = RTMPPublisher(
                resuming: standing,
                self.configuration,
                PublisherAdmission(self.services.admission, of: socket, log: self.services.log),
                delivery: self.services.delivery,
                ticket: socket.ticket
            )
        else { return false }
        self.services.delivery.takeIn(
            publisher,
            on: socket,
            silence: self.services.deadlines.silence,
            leastMessage: RTMPPublisher.leastMessage,
            memory: intake.memory
        )
        return true
    }

    package func dialogue(behind checkpoint: ByteBuffer) -> (any ViewerDialogue)? {
        RTMPViewerDialogue(behind: checkpoint, self.configuration)
    }

    /// Limits and sizes of a session that begins now.
    private var configuration: RTMPSessionConfiguration {
        let spec = self.services.spec
        var configuration = RTMPSessionConfiguration()
        if let user = spec.publishUser, let key = spec.publishKey {
            configuration.authentication = AdobeAuthentication(
                user: user,
                password: key.revealed,
                secret: self.loginSecret
            )
        }
        return configuration
    }
}

import Contract
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

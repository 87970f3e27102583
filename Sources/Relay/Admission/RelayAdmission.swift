package import Contract
package import Logging
package import Streams
package import Wire

/// What the connections of a relay share.
package struct RelayServices: Sendable {
    package let current: CurrentSpec
    package let hub: StreamHub
    package let audience: Audience
    package let delivery: ViewerDelivery
    package let refusals: RefusalLedger
    /// Where UDP sockets come from.
    package let ports: any DatagramPorts
    /// Where viewers by RTSP are sent datagrams from.
    package let viewerPorts: RTSPViewerPorts
    /// Sessions of players by RTSP that are sent datagrams.
    let playbacks: RTSPPlaybacks
    /// Streams that are sent to multicast groups, for those who ask for that by RTSP.
    package let casts: MulticastSenders
    /// Encoders that log in are given challenges made of it; another for each process.
    package let loginSecret: UInt64
    package let deadlines: ConnectionDeadlines
    package let ending: RelayEnding
    /// By which it is told how long nothing was heard of an RTSP peer.
    package let clock: @Sendable () -> Now
    package let log: Logger

    /// In force now.
    package var spec: RelaySpec { self.current.value }

    /// Limits of an RTSP session that begins now.
    package var rtsp: RTSPSessionConfiguration { RTSPSessionConfiguration() }

    /// Limits and sizes of an RTMP session that begins now.
    package var rtmp: RTMPSessionConfiguration {
        let spec = self.spec
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

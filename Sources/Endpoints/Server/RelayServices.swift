package import Contract
package import Logging
package import Relay
package import Wire

/// What the connections of a relay share.
package struct RelayServices: Sendable {
    package let spec: RelaySpec
    package let hub: StreamHub
    package let audience: Audience
    package let stage: ViewerStage
    package let refusals: RefusalLedger
    /// Limits and sizes of every RTMP session.
    package let rtmp: RTMPSessionConfiguration
    package let timeouts: ConnectionTimeouts
    package let log: Logger
}

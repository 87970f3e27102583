import Contract
import Foundation
import Logging
import RelayServer
import Sessions
import Settings

/// What a relay that runs by itself needs to start.
struct RelayLaunch: Sendable {
    /// With its publish key.
    let spec: RelaySpec
    let listen: ListenSpec

    /// How the publish key came to be, for the banner.
    let key: PublishKeyOrigin

    /// The path of the state directory.
    let state: String

    /// Where its configuration came from, and which relay of it was meant.
    let source: ConfigurationSource
    let choice: RelayChoice

    /// Nil: as many as there are cores.
    let threads: Int?
    let deadlines: ConnectionDeadlines
    let logger: Logger
}

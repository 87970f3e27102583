import Contract
import Foundation
import Greeting
import Logging
import RelayServer
import Sessions
import Settings

/// All a relay needs to start.
struct RelayLaunch: Sendable {
    /// With its publish key.
    let spec: RelaySpec
    let listen: ListenSpec

    /// How the publish key came to be, for the banner.
    let key: Banner.Key

    /// The path of the state directory.
    let state: String

    /// Where its configuration came from, and which relay of it was meant.
    let source: ConfigurationSource
    let choice: RelayChoice

    /// Nil: as many as there are cores.
    let threads: Int?
    let deadlines: ConnectionDeadlines
    let logger: Logger

    /// The spec with the configured key, or with the one kept in the state directory, made if need be.
    static func keyed(_ spec: RelaySpec, state: String) throws(StateError) -> (spec: RelaySpec, key: Banner.Key) {
        guard spec.publishKey == nil else { return (spec, .configured) }
        let kept = try StateDirectory(preparing: state).publishKey(of: spec.name)
        let key: Banner.Key = kept.isNew ? .fresh(kept.secret, file: kept.file) : .kept(file: kept.file)
        return (spec.keyed(kept.secret), key)
    }
}

import Containers
import Contract
import Control
import Holder
import Linux
import Logging
import Sockets

/// What the runners of all relays share.
struct RunnerServices: Sendable {
    let runtime: any ContainerRuntime
    let plan: InstancePlan
    let ledger: ConnectionLedger
    let pool: PortPool
    /// Pairs of ports that one relay may have at once.
    let share: @Sendable () -> Int
    /// How many files the host may have open.
    let openFileLimit: @Sendable () -> Int
    let watchers: Watchers
    let clock: @Sendable () -> Instant
    let log: Logger

    /// What relays store is held there, too, so that it outlives the host; nil where it does not.
    let holder: Holder?

    /// Whether a relay that somebody would miss has a blank instance that waits to be needed.
    let keepsStandby: Bool

    /// Has time told to the machines after so long at the latest.
    let hasten: @Sendable (Duration) -> Void

    /// An instance of the relay takes connections from now on.
    let onReady: @Sendable (RelayName) -> Void

    /// A relay gives back an HTTP connection whose next request is for somebody else, with what it had read of that.
    let onReturned: @Sendable (consuming OwnedDescriptor, Handover, [UInt8]) -> Void

    /// An instance of the relay died without having answered a connection.
    let onStranded: @Sendable (consuming OwnedDescriptor, PendingConnection, RelayName) -> Void
}

package import Admission
package import Contract
package import Fanout
package import Logging
package import Streams

/// What the protocols of a relay share: who may come in, and where they go from there.
package struct RelayServices: Sendable {
    package let admission: RelayAdmission
    package let delivery: ViewerDelivery
    /// Where UDP sockets come from.
    package let ports: any DatagramPorts
    /// Has UDP sockets of sessions outlive the process; nil: none does.
    package let sockets: (any SocketKeeper)?
    /// Makes the memory of a publisher that sends datagrams and outlives the process; nil: none does.
    package let recordingMemory: (@Sendable () -> DatagramMemory?)?
    package let deadlines: ConnectionDeadlines
    /// By which it is told how long nothing was heard of a peer.
    package let clock: @Sendable () -> Now
    package let log: Logger

    package init(
        admission: RelayAdmission,
        delivery: ViewerDelivery,
        ports: any DatagramPorts,
        sockets: (any SocketKeeper)? = nil,
        recordingMemory: (@Sendable () -> DatagramMemory?)? = nil,
        deadlines: ConnectionDeadlines,
        clock: @escaping @Sendable () -> Now,
        log: Logger
    ) {
        self.admission = admission
        self.delivery = delivery
        self.ports = ports
        self.sockets = sockets
        self.recordingMemory = recordingMemory
        self.deadlines = deadlines
        self.clock = clock
        self.log = log
    }

    /// In force now.
    package var spec: RelaySpec { self.admission.spec }
}

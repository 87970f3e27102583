/// What is true of a relay instance at one moment. Counters count from the start of its process.
package struct RelaySnapshot: Hashable, Sendable, Codable {
    package var relay: RelayName
    package var clock: ClockReading

    /// When the process started.
    package var startedAt: Instant

    package var listeners: [ListenerSnapshot]
    package var loops: [LoopSnapshot]
    package var streams: [StreamSnapshot]

    /// Where the configuration has streams sent to, in the order of streams and names.
    package var destinations: [DestinationSnapshot]

    /// Connections that are open, viewers and publishers included.
    package var connections: Int

    /// Connections closed or not taken because their places were wanted.
    package var refusedConnections: UInt64

    /// Connections that have not said what they want, and those that were closed, by protocol.
    package var admission: AdmissionSnapshot

    package var publishRefusals: RefusalCounts<PublishRefusal>
    package var playRefusals: RefusalCounts<PlayRefusal>

    /// The last publisher that was not let on air, for each name it wanted; also of names that are no stream yet.
    package var refusedSources: [StreamName: SourceRefusal]

    /// What the process has used; nil where nobody measured it.
    package var usage: UsageSnapshot?

    /// Whether the relay has been told to end and takes no new connections.
    package var isDraining: Bool

    package init(
        relay: RelayName,
        clock: ClockReading,
        startedAt: Instant,
        listeners: [ListenerSnapshot] = [],
        loops: [LoopSnapshot] = [],
        streams: [StreamSnapshot] = [],
        destinations: [DestinationSnapshot] = [],
        connections: Int = 0,
        refusedConnections: UInt64 = 0,
        admission: AdmissionSnapshot = AdmissionSnapshot(),
        publishRefusals: RefusalCounts<PublishRefusal> = RefusalCounts(),
        playRefusals: RefusalCounts<PlayRefusal> = RefusalCounts(),
        refusedSources: [StreamName: SourceRefusal] = [:],
        usage: UsageSnapshot? = nil,
        isDraining: Bool = false
    ) {
        self.relay = relay
        self.clock = clock
        self.startedAt = startedAt
        self.listeners = listeners
        self.loops = loops
        self.streams = streams
        self.destinations = destinations
        self.connections = connections
        self.refusedConnections = refusedConnections
        self.admission = admission
        self.publishRefusals = publishRefusals
        self.playRefusals = playRefusals
        self.refusedSources = refusedSources
        self.usage = usage
        self.isDraining = isDraining
    }
}

/// A socket that should be accepting.
package struct ListenerSnapshot: Hashable, Sendable, Codable {
    /// For each name whether all of its addresses are open, in the order of the names' first.
    package static func openness(of listeners: [ListenerSnapshot]) -> [(name: String, isOpen: Bool)] {
        var names: [(name: String, isOpen: Bool)] = []
        for listener in listeners {
            let isOpen = listener.address != nil
            if let index = names.firstIndex(where: { $0.name == listener.name }) {
                names[index].isOpen = names[index].isOpen && isOpen
            } else {
                names.append((listener.name, isOpen))
            }
        }
        return names
    }

    /// `rtmp`, `http`, …
    package var name: String

    /// Where it listens; nil while it does not.
    package var address: ListenAddress?

    package init(name: String, address: ListenAddress?) {
        self.name = name
        self.address = address
    }
}

/// A thread that should come round often: an event loop or a fan-out thread.
package struct LoopSnapshot: Hashable, Sendable, Codable {
    package var name: String
    package var lastTick: Instant

    package init(name: String, lastTick: Instant) {
        self.name = name
        self.lastTick = lastTick
    }
}

/// What a process costs.
package struct UsageSnapshot: Hashable, Sendable, Codable {
    /// User and system time of all its threads since it started.
    package var cpu: Duration

    /// Bytes of memory it has in RAM.
    package var residentMemory: Int

    package var openDescriptors: Int

    package init(cpu: Duration, residentMemory: Int, openDescriptors: Int) {
        self.cpu = cpu
        self.residentMemory = residentMemory
        self.openDescriptors = openDescriptors
    }
}

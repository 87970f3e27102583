/// What is true of a host process and its relays at one moment. Counters count from the start of the process.
package struct HostSnapshot: Hashable, Sendable, Codable {
    /// As ``BuildInfo/version`` gives it.
    package var version: String

    /// Of the process; 0 where nobody said.
    package var processID: Int32
    package var clock: ClockReading

    /// When the process started.
    package var startedAt: Instant

    package var isolation: Isolation

    /// The front door's.
    package var listeners: [ListenerSnapshot]

    /// The console's and its API's. Nobody but the operator misses one.
    package var admin: [ListenerSnapshot]

    /// Of the host's own threads, the relays' not among them.
    package var loops: [LoopSnapshot]

    /// Those of its threads that only write down and tell: what keeps one of them keeps nobody from watching.
    package var helpers: [LoopSnapshot] = []
    package var door: DoorSnapshot

    /// In the order of their names.
    package var relays: [RelayStatus]

    /// What the process itself has used; nil where nobody measured it.
    package var usage: UsageSnapshot?

    package var configuration: ConfigurationStatus

    /// How the writing down of what happens goes; nil where nobody does.
    package var history: HistorySnapshot?

    /// How the telling of what is wrong goes; nil where nobody is told.
    package var alerts: AlertsSnapshot?

    /// Whether the host has been told to end and takes no new connections.
    package var isDraining: Bool

    package init(
        version: String = BuildInfo.version,
        processID: Int32 = 0,
        clock: ClockReading,
        startedAt: Instant,
        isolation: Isolation,
        listeners: [ListenerSnapshot] = [],
        admin: [ListenerSnapshot] = [],
        loops: [LoopSnapshot] = [],
        door: DoorSnapshot = DoorSnapshot(),
        relays: [RelayStatus] = [],
        usage: UsageSnapshot? = nil,
        configuration: ConfigurationStatus = ConfigurationStatus(),
        isDraining: Bool = false
    ) {
        self.version = version
        self.processID = processID
        self.clock = clock
        self.startedAt = startedAt
        self.isolation = isolation
        self.listeners = listeners
        self.admin = admin
        self.loops = loops
        self.door = door
        self.relays = relays
        self.usage = usage
        self.configuration = configuration
        self.isDraining = isDraining
    }
}

/// How the last reading of the configuration went.
package struct ConfigurationStatus: Hashable, Sendable, Codable {
    /// When the configuration in force was taken; nil before the first.
    package var appliedAt: Instant?

    /// Times a changed configuration was taken, and refused.
    package var reloads: UInt64
    package var refusedReloads: UInt64

    /// What is wrong with the newest one, which was refused: the one before is in force still. Nil while nothing is.
    package var problem: String?

    /// What of the configuration in force is not in effect before the host starts again, a sentence each.
    package var deferred: [String]

    /// The last reading that changed something; nil before the first.
    package var lastChange: ConfigurationChange?

    package init(
        appliedAt: Instant? = nil,
        reloads: UInt64 = 0,
        refusedReloads: UInt64 = 0,
        problem: String? = nil,
        deferred: [String] = [],
        lastChange: ConfigurationChange? = nil
    ) {
        self.lastChange = lastChange
        self.appliedAt = appliedAt
        self.reloads = reloads
        self.refusedReloads = refusedReloads
        self.problem = problem
        self.deferred = deferred
    }
}

/// A reading of the configuration that changed something.
package struct ConfigurationChange: Hashable, Sendable, Codable {
    package var at: Instant
    package var summary: ReloadSummary

    package init(at: Instant, summary: ReloadSummary) {
        self.at = at
        self.summary = summary
    }
}

/// What has come of an order to read the configuration again.
package struct ReloadSummary: Hashable, Sendable, Codable {
    /// Relays by what happened to them; those that stayed as they are stand nowhere.
    package var added: [RelayName]
    package var changed: [RelayName]
    package var removed: [RelayName]

    /// What of it is not in effect yet and what it takes, a sentence each.
    package var deferred: [String]

    package var changesNoRelay: Bool { self.added.isEmpty && self.changed.isEmpty && self.removed.isEmpty }

    package init(
        added: [RelayName] = [],
        changed: [RelayName] = [],
        removed: [RelayName] = [],
        deferred: [String] = []
    ) {
        self.added = added
        self.changed = changed
        self.removed = removed
        self.deferred = deferred
    }
}

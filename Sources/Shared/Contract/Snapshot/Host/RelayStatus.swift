/// What the host knows of one relay, whichever instance serves it.
package struct RelayStatus: Hashable, Sendable, Codable {
    package var name: RelayName
    package var state: RelayState

    /// When it came to be in this state.
    package var since: Instant

    /// The instance that serves it; nil while there is none.
    package var instance: InstanceStatus?

    /// Times an instance ended that was not meant to, or was replaced, by cause.
    package var endings: [EndingCause: UInt64]

    /// How the last instance ended; nil before the first has.
    package var lastEnding: EndingStatus?

    /// What the configuration wants that only a fresh instance will do, a sentence each; `transponder replace` makes one.
    package var deferred: [String]

    /// What the configuration wants and the host could not do, a sentence each; it tries on.
    package var problems: [String]

    /// The latest the instance told; nil before the first, and while there is no instance.
    package var snapshot: RelaySnapshot?

    /// When it told that, by the host's own clock.
    package var heardAt: Instant?

    /// When an instance last took connections; nil before the first has.
    package var servedAt: Instant?

    /// When the next instance is made, after several that died young; nil in every other state.
    package var retryAt: Instant?

    /// For how long the instance that serves has been silent because the machine refused it a processor.
    package var starvation = Duration.zero

    /// For how long the limit of its container has kept the instance from the processor; nil where nobody counts that.
    package var throttled: Duration?

    /// How much of its time that was; nil where nobody counts it.
    package var throttling: Throttling?

    /// Connections that the host holds, too, so that they outlive the instance.
    package var keptConnections = 0

    /// Connections that an instance was given which its predecessor had, ever.
    package var handedOnConnections: UInt64 = 0

    /// For how long nobody served when one instance had to follow another.
    package var gaps = DurationHistogram<GapSteps>()

    package var play: PlayPolicy

    /// Streams that are declared; nil: any may be published.
    package var streams: [StreamName]?

    /// Where streams come from that nobody publishes, for a sentence.
    package var declaredSources: [StreamName: String]

    /// Silence after which a source counts as lost.
    package var sourceTimeout: Duration

    /// How its streams are judged.
    package var judgement: JudgementSpec

    /// Those of the configuration, in the order of their names.
    package var venues: [VenueStatus] = []

    package init(
        name: RelayName,
        state: RelayState,
        since: Instant,
        instance: InstanceStatus? = nil,
        endings: [EndingCause: UInt64] = [:],
        lastEnding: EndingStatus? = nil,
        deferred: [String] = [],
        problems: [String] = [],
        snapshot: RelaySnapshot? = nil,
        heardAt: Instant? = nil,
        servedAt: Instant? = nil,
        retryAt: Instant? = nil,
        play: PlayPolicy = .open,
        streams: [StreamName]? = nil,
        declaredSources: [StreamName: String] = [:],
        sourceTimeout: Duration = RelaySpec.Defaults.sourceTimeout,
        judgement: JudgementSpec = .standard
    ) {
        self.name = name
        self.state = state
        self.since = since
        self.instance = instance
        self.endings = endings
        self.lastEnding = lastEnding
        self.deferred = deferred
        self.problems = problems
        self.snapshot = snapshot
        self.heardAt = heardAt
        self.servedAt = servedAt
        self.retryAt = retryAt
        self.play = play
        self.streams = streams
        self.declaredSources = declaredSources
        self.sourceTimeout = sourceTimeout
        self.judgement = judgement
    }

    /// Instances that were started after the first.
    package var restarts: UInt64 { self.endings.values.reduce(0, +) }
}

/// For how much of its time the limit of its container has kept an instance from the processor.
package struct Throttling: Hashable, Sendable, Codable {
    /// From here on its viewers may see pauses.
    package static let grave = 0.2
    /// Below this they see none any more.
    package static let relief = 0.1

    /// Share of the last ten seconds, 0 to 1.
    package var recent: Double

    /// The highest that has been within the last minute.
    package var highest: Double

    package init(recent: Double, highest: Double) {
        self.recent = recent
        self.highest = highest
    }

    /// Whether viewers may see pauses now.
    ///
    /// - Parameter before: Whether they might at the last look.
    /// - Returns: Whether they may; for longer where they might before, so that it does not flicker.
    package func isGrave(before: Bool) -> Bool { self.recent >= (before ? Self.relief : Self.grave) }

    /// Whether they might within the last minute.
    package var wasGrave: Bool { self.highest >= Self.grave }
}

/// The raw values are labels of metrics: they never change.
package enum RelayState: String, Hashable, Sendable, Codable, CaseIterable {
    /// An instance is being made.
    case starting
    /// It is up and reads its configuration.
    case configuring
    /// It takes connections.
    case ready
    /// A fresh instance is being made while the old one serves on.
    case replacing
    /// Instances died young, one after the other; the next is made in a while.
    case backingOff = "backing_off"
    /// It takes no more connections and will be gone.
    case draining
    case stopped
}

package struct InstanceStatus: Hashable, Sendable, Codable {
    /// As the container runtime knows it.
    package var id: String

    /// Of its first process, in the host's numbering; nil while it is being made.
    package var processID: Int32?

    package var startedAt: Instant

    /// How long it took to be ready; nil before it is.
    package var startTime: Duration?

    package init(id: String, processID: Int32? = nil, startedAt: Instant, startTime: Duration? = nil) {
        self.id = id
        self.processID = processID
        self.startedAt = startedAt
        self.startTime = startTime
    }
}

/// Why an instance is no more. The raw values are labels of metrics: they never change.
package enum EndingCause: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// It exited by itself.
    case exit
    /// A signal ended it that the host did not send.
    case signal
    case outOfMemory = "out_of_memory"
    /// It gave no sign of life in time.
    case heartbeat
    /// It said itself that one of its loops is stuck.
    case ownCheck = "own_check"
    /// It broke the language of the control socket, or its limits.
    case misbehaved
    /// Somebody asked for a fresh one.
    case replaced
    /// It could not be started, or was not ready in time.
    case startFailed = "start_failed"
    /// The container runtime lost track of it.
    case lost
}

package struct EndingStatus: Hashable, Sendable, Codable {
    package var at: Instant
    package var cause: EndingCause

    /// For a person: "killed by signal 9", …
    package var sentence: String

    package init(at: Instant, cause: EndingCause, sentence: String) {
        self.at = at
        self.cause = cause
        self.sentence = sentence
    }
}

package import Contract

/// What the operator wants, decoded once and never changed.
package struct Configuration: Equatable, Sendable {
    package let listen: ListenSpec

    /// Set wherever one of the listeners needs it.
    package let tls: TLSSpec?

    package let door: DoorSpec

    /// Whose word counts on where a connection or a request comes from.
    package let trustedProxies: [NetworkPrefix]

    package let isolation: Isolation

    /// The directory of keys, history and recordings.
    package let state: String

    /// Whether a relay that somebody would miss has a blank instance that waits to be needed.
    package let keepsStandby: Bool

    /// How long relays, and who watches and publishes through them, go on without a host that has died; zero: they end with it.
    package let withoutHost: Duration

    package let history: HistorySpec

    package let alerts: AlertsSpec

    /// In the order of their names; never empty.
    package let relays: [RelaySpec]

    /// What was written but is not used by this build.
    package private(set) var warnings: [ConfigurationProblem] = []

    /// What no relay can be run well with: the memory does not hold one stream of the bitrate that is expected.
    package private(set) var shortages: [ConfigurationProblem] = []

    /// Where the publish keys of relays stand that have one of the configuration's.
    package private(set) var publishKeys: [RelayName: PublishKeyPlace] = [:]

    init(
        listen: ListenSpec,
        tls: TLSSpec? = nil,
        door: DoorSpec = .standard,
        trustedProxies: [NetworkPrefix] = [],
        isolation: Isolation,
        state: String,
        keepsStandby: Bool = true,
        withoutHost: Duration = Self.standardWithoutHost,
        history: HistorySpec = .standard,
        alerts: AlertsSpec = .standard,
        relays: [RelaySpec]
    ) {
        self.listen = listen
        self.tls = tls
        self.door = door
        self.trustedProxies = trustedProxies
        self.isolation = isolation
        self.state = state
        self.keepsStandby = keepsStandby
        self.withoutHost = withoutHost
        self.history = history
        self.alerts = alerts
        self.relays = relays
    }

    /// A day's session.
    package static let standardWithoutHost = Duration.seconds(6 * 3600)

    static let withoutHostBounds = Duration.zero...Duration.seconds(7 * 86400)

    func keyed(_ places: [RelayName: PublishKeyPlace]) -> Configuration {
        var copy = self
        copy.publishKeys = places
        return copy
    }

    func warned(_ warnings: [ConfigurationProblem], shortages: [ConfigurationProblem]) -> Configuration {
        var copy = self
        copy.warnings = warnings
        copy.shortages = shortages
        return copy
    }

    /// What is in force where root writes nothing. `configs/transponder.yaml` says the same.
    package static let standard: Configuration = {
        do {
            return try Configuration(
                listen: ListenSpec(
                    rtmp: ListenAddress("0.0.0.0:1935"),
                    http: ListenAddress("0.0.0.0:8080"),
                    admin: [ListenAddress("127.0.0.1:8081")]
                ),
                isolation: .runc,
                state: StandardState.system,
                relays: [RelaySpec(name: RelayName("live"))]
            )
        } catch {
            preconditionFailure("the standard configuration is refused: \(error)")
        }
    }()
}

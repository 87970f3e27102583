package import Contract
package import Settings

/// What `transponder up` was told on its command line, which wins over file and environment each time these are read.
package struct HostSettings: Sendable {
    /// Nil: the defaults hold.
    var file: String?
    var environment: [String: String]
    var state: String?
    var rtmp: RelayChoice.Override?
    var http: RelayChoice.Override?
    var admin: RelayChoice.Override?
    var isolation: Isolation?

    package init(
        file: String?,
        environment: [String: String],
        state: String? = nil,
        rtmp: RelayChoice.Override? = nil,
        http: RelayChoice.Override? = nil,
        admin: RelayChoice.Override? = nil,
        isolation: Isolation? = nil
    ) {
        self.file = file
        self.environment = environment
        self.state = state
        self.rtmp = rtmp
        self.http = http
        self.admin = admin
        self.isolation = isolation
    }

    /// Files that the configuration names, as it was last read.
    let named = NamedFiles()

    func load() throws(ConfigurationError) -> HostConfiguration {
        let configuration = try ConfigurationFile.load(self.file, environment: self.environment, noting: self.named)
        var listen = configuration.listen
        listen[all: .rtmp] = RelayChoice.Override.addresses(listen[all: .rtmp], self.rtmp)
        listen[all: .http] = RelayChoice.Override.addresses(listen[all: .http], self.http)
        listen.admin = RelayChoice.Override.addresses(listen.admin, self.admin)
        // Each relay has its own.
        listen[.srt] = nil
        return HostConfiguration(
            listen: listen,
            tls: configuration.tls,
            door: configuration.door,
            trustedProxies: configuration.trustedProxies,
            isolation: self.isolation ?? configuration.isolation,
            state: self.state ?? configuration.state,
            keepsStandby: configuration.keepsStandby,
            withoutHost: configuration.withoutHost,
            history: configuration.history,
            alerts: configuration.alerts,
            relays: configuration.relays,
            publishKeys: configuration.publishKeys,
            warnings: configuration.warnings + configuration.shortages
        )
    }

}

/// What the operator wants of this host, its options included.
struct HostConfiguration: Sendable {
    let listen: ListenSpec
    let tls: TLSSpec?
    let door: DoorSpec
    let trustedProxies: [NetworkPrefix]
    let isolation: Isolation
    let state: String
    let keepsStandby: Bool
    let withoutHost: Duration
    let history: HistorySpec
    let alerts: AlertsSpec

    /// Without the keys that are kept in the state directory.
    let relays: [RelaySpec]

    /// Where the others stand.
    let publishKeys: [RelayName: PublishKeyPlace]
    let warnings: [ConfigurationProblem]
}

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
    var isolation: Isolation?

    package init(
        file: String?,
        environment: [String: String],
        state: String? = nil,
        rtmp: RelayChoice.Override? = nil,
        http: RelayChoice.Override? = nil,
        isolation: Isolation? = nil
    ) {
        self.file = file
        self.environment = environment
        self.state = state
        self.rtmp = rtmp
        self.http = http
        self.isolation = isolation
    }

    /// Files that the configuration names, as it was last read.
    let named = NamedFiles()

    func load() throws(ConfigurationError) -> HostWish {
        let configuration = try ConfigurationFile.load(self.file, environment: self.environment, noting: self.named)
        return HostWish(
            listen: ListenSpec(
                rtmp: Self.address(configuration.listen.rtmp, self.rtmp),
                http: Self.address(configuration.listen.http, self.http),
                rtmps: configuration.listen.rtmps,
                https: configuration.listen.https,
                rtsp: configuration.listen.rtsp,
                rtsps: configuration.listen.rtsps,
                udp: configuration.listen.udp
            ),
            tls: configuration.tls,
            door: configuration.door,
            isolation: self.isolation ?? configuration.isolation,
            state: self.state ?? configuration.state,
            relays: configuration.relays,
            warnings: configuration.warnings + configuration.shortages
        )
    }

    private static func address(_ configured: ListenAddress?, _ override: RelayChoice.Override?) -> ListenAddress? {
        switch override {
        case nil: configured
        case .off: nil
        case .at(let address): address
        }
    }
}

/// What the operator wants of this host, its options included.
struct HostWish: Sendable {
    let listen: ListenSpec
    let tls: TLSSpec?
    let door: DoorSpec
    let isolation: Isolation
    let state: String

    /// Without the keys that are kept in the state directory.
    let relays: [RelaySpec]
    let warnings: [ConfigurationProblem]
}

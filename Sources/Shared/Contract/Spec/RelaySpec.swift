/// What one relay instance shall do: immutable, and checked wherever it comes from.
package struct RelaySpec: Equatable, Sendable {
    package let name: RelayName

    /// The key that publishers show; while it is nil nobody may publish.
    package private(set) var publishKey: Secret?

    /// The user name of encoders that log in with user and password; the key is the password. Nil: nobody has to log in.
    package let publishUser: String?

    package let play: PlayPolicy

    /// Whether a publisher with the right key replaces the one on air, or is refused.
    package let takeover: Bool

    /// Silence after which a source counts as lost.
    package let sourceTimeout: Duration

    /// How long a viewer's bytes may wait to be sent together; zero sends at once.
    package let tick: Duration

    /// How much of a stream is kept for joining and for playlists.
    package let window: Duration

    /// A viewer that takes nothing for so long is dropped.
    package let stall: Duration

    package let limits: LimitsSpec
    package let hls: HLSSpec
    package let http: HTTPSpec
    package let checks: ChecksSpec
    package let health: HealthSpec

    /// Of every stream; one may have expectations of its own.
    package let expect: ExpectSpec
    package private(set) var srt: SRTSpec

    /// Nil: viewers by RTSP are not sent multicast, but for what is pushed to a group anyway.
    package let multicast: MulticastSpec?

    /// When the session is meant to begin: what venue screens count down to.
    package let starts: StartTime?

    /// In the order of their names.
    package let venues: [VenueSpec]

    /// In the order of their names; nil: any name may be published.
    package let streams: [StreamSpec]?

    /// Whose word counts on where a connection or a request comes from: the same for all relays of a configuration.
    package private(set) var trustedProxies: [NetworkPrefix]

    package init(
        name: RelayName,
        publishKey: Secret? = nil,
        publishUser: String? = nil,
        play: PlayPolicy = Defaults.play,
        takeover: Bool = Defaults.takeover,
        sourceTimeout: Duration = Defaults.sourceTimeout,
        tick: Duration = Defaults.tick,
        window: Duration = Defaults.window,
        stall: Duration = Defaults.stall,
        limits: LimitsSpec = .standard,
        hls: HLSSpec = .standard,
        http: HTTPSpec = .standard,
        checks: ChecksSpec = .standard,
        health: HealthSpec = .standard,
        expect: ExpectSpec = .nothing,
        srt: SRTSpec = .standard,
        multicast: MulticastSpec? = nil,
        starts: StartTime? = nil,
        venues: [VenueSpec] = [],
        streams: [StreamSpec]? = nil,
        trustedProxies: [NetworkPrefix] = []
    ) throws(SpecError) {
        try SpecError.check(sourceTimeout, in: Bounds.sourceTimeout, "source_timeout")
        try SpecError.check(tick, in: Bounds.tick, "tick")
        try SpecError.check(window, in: Bounds.window, "window")
        try SpecError.check(stall, in: Bounds.stall, "stall")
        guard window >= hls.segment * 4 else {
            throw SpecError("window", sentence: "the window must hold four segments of \(hls.segment) or more.")
        }
        if let repeated = Self.firstRepeated(venues.map(\.name)) {
            throw SpecError("venues", sentence: "the venue '\(repeated)' is there twice.")
        }
        if let repeated = Self.firstRepeated((streams ?? []).map(\.name)) {
            throw SpecError("streams", sentence: "the stream '\(repeated)' is there twice.")
        }
        guard play == .open || !venues.isEmpty else {
            throw SpecError("play", sentence: "play is 'venues' but no venue is named, so nobody could watch.")
        }
        if let streams, streams.count > limits.streams {
            throw SpecError(
                "streams",
                sentence: "\(streams.count) streams are declared but limits.streams is \(limits.streams)."
            )
        }
        try Self.checkDatagrams(srt, streams ?? [])
        self.name = name
        self.publishKey = publishKey
        self.publishUser = publishUser
        self.play = play
        self.takeover = takeover
        self.sourceTimeout = sourceTimeout
        self.tick = tick
        self.window = window
        self.stall = stall
        self.limits = limits
        self.hls = hls
        self.http = http
        self.checks = checks
        self.health = health
        self.expect = expect
        self.srt = srt
        self.multicast = multicast
        self.starts = starts
        self.venues = venues.sorted { $0.name < $1.name }
        self.streams = streams?.sorted { $0.name < $1.name }
        self.trustedProxies = trustedProxies
    }

    /// The same relay with the key it was given on its first start.
    package func keyed(_ key: Secret) -> RelaySpec {
        var copy = self
        copy.publishKey = key
        return copy
    }

    /// The same relay behind proxies.
    package func trusting(_ proxies: [NetworkPrefix]) -> RelaySpec {
        var copy = self
        copy.trustedProxies = proxies
        return copy
    }

    /// The same relay with addresses of its own for SRT.
    package func listeningForSRT(on addresses: [ListenAddress]) throws(SpecError) -> RelaySpec {
        var copy = self
        copy.srt = try self.srt.listening(on: addresses)
        return copy
    }

    /// Where streams come from that nobody publishes, for a sentence.
    package var declaredSources: [StreamName: String] {
        var sources: [StreamName: String] = [:]
        for stream in self.streams ?? [] where stream.source != .publisher { sources[stream.name] = stream.source.noun }
        return sources
    }

    /// What is declared of a stream; nil where the configuration does not allow its name.
    package func declaration(of stream: StreamName) -> StreamSpec? {
        guard let streams = self.streams else { return StreamSpec(name: stream) }
        return streams.first { $0.name == stream }
    }

    private static func firstRepeated<Name: Hashable>(_ names: [Name]) -> Name? {
        var seen: Set<Name> = []
        return names.first { !seen.insert($0).inserted }
    }
}

extension RelaySpec {
    package enum Defaults {
        package static let play = PlayPolicy.open
        package static let takeover = true
        package static let sourceTimeout = Duration.seconds(2)
        package static let tick = Duration.milliseconds(20)
        package static let window = Duration.seconds(30)
        package static let stall = Duration.seconds(15)
    }

    package enum Bounds {
        package static let sourceTimeout = Duration.milliseconds(250)...Duration.seconds(300)
        package static let tick = Duration.zero...Duration.seconds(1)
        package static let window = Duration.seconds(4)...Duration.seconds(600)
        package static let stall = Duration.seconds(1)...Duration.seconds(600)
    }
}

/// What comes over a socket is checked like what comes from a file.
extension RelaySpec: Codable {
    private enum CodingKeys: CodingKey {
        case name, publishKey, publishUser, play, takeover
        case sourceTimeout, tick, window, stall, limits, hls, http, checks, health, expect, srt
        case multicast, starts, venues, streams, trustedProxies
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: values.decode(RelayName.self, forKey: .name),
            publishKey: values.decodeIfPresent(Secret.self, forKey: .publishKey),
            publishUser: values.decodeIfPresent(String.self, forKey: .publishUser),
            play: values.decode(PlayPolicy.self, forKey: .play),
            takeover: values.decode(Bool.self, forKey: .takeover),
            sourceTimeout: values.decode(Duration.self, forKey: .sourceTimeout),
            tick: values.decode(Duration.self, forKey: .tick),
            window: values.decode(Duration.self, forKey: .window),
            stall: values.decode(Duration.self, forKey: .stall),
            limits: values.decode(LimitsSpec.self, forKey: .limits),
            hls: values.decode(HLSSpec.self, forKey: .hls),
            http: values.decode(HTTPSpec.self, forKey: .http),
            checks: values.decode(ChecksSpec.self, forKey: .checks),
            health: values.decode(HealthSpec.self, forKey: .health),
            expect: values.decode(ExpectSpec.self, forKey: .expect),
            srt: values.decode(SRTSpec.self, forKey: .srt),
            multicast: values.decodeIfPresent(MulticastSpec.self, forKey: .multicast),
            starts: values.decodeIfPresent(StartTime.self, forKey: .starts),
            venues: values.decode([VenueSpec].self, forKey: .venues),
            streams: values.decodeIfPresent([StreamSpec].self, forKey: .streams),
            trustedProxies: values.decode([NetworkPrefix].self, forKey: .trustedProxies)
        )
    }
}

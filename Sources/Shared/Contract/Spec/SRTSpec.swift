/// How a relay speaks SRT.
package struct SRTSpec: Equatable, Sendable {
    /// The relay's own addresses of UDP; none: it takes no SRT connections.
    package let listen: [ListenAddress]

    /// What the two ends of a line allow for losses to be repaired; the larger of both sides' counts.
    package let latency: Duration

    /// What publishers encrypt with; nil: they do not.
    package let publishPassphrase: Secret?

    /// What viewers decrypt with.
    package let playPassphrase: Secret?

    package static let latencyBounds = Duration.milliseconds(20)...Duration.seconds(30)

    /// Characters of a passphrase, as SRT has it.
    package static let passphraseBounds = 10...79

    package static let standard = SRTSpec()

    private init() {
        self.listen = []
        self.latency = .milliseconds(120)
        self.publishPassphrase = nil
        self.playPassphrase = nil
    }

    package init(
        listen: [ListenAddress] = [],
        latency: Duration = Self.standard.latency,
        publishPassphrase: Secret? = nil,
        playPassphrase: Secret? = nil
    ) throws(SpecError) {
        try SpecError.check(latency, in: Self.latencyBounds, "srt", "latency")
        try Self.check(publishPassphrase, "srt", "publish_passphrase")
        try Self.check(playPassphrase, "srt", "play_passphrase")
        if let group = listen.first(where: \.isMulticast) {
            throw SpecError("srt", "listen", sentence: "'\(group.host)' is a multicast address, which SRT cannot use.")
        }
        self.listen = listen
        self.latency = latency
        self.publishPassphrase = publishPassphrase
        self.playPassphrase = playPassphrase
    }

    static func check(_ passphrase: Secret?, _ path: String...) throws(SpecError) {
        guard let passphrase, !self.passphraseBounds.contains(passphrase.revealed.utf8.count) else { return }
        let bounds = self.passphraseBounds
        throw SpecError(
            path: path,
            sentence: "a passphrase of SRT has \(bounds.lowerBound) to \(bounds.upperBound) characters."
        )
    }

    func listening(on addresses: [ListenAddress]) throws(SpecError) -> SRTSpec {
        try SRTSpec(
            listen: addresses,
            latency: self.latency,
            publishPassphrase: self.publishPassphrase,
            playPassphrase: self.playPassphrase
        )
    }
}

extension SRTSpec: Codable {
    private enum CodingKeys: CodingKey { case listen, latency, publishPassphrase, playPassphrase }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            listen: values.decode([ListenAddress].self, forKey: .listen),
            latency: values.decode(Duration.self, forKey: .latency),
            publishPassphrase: values.decodeIfPresent(Secret.self, forKey: .publishPassphrase),
            playPassphrase: values.decodeIfPresent(Secret.self, forKey: .playPassphrase)
        )
    }
}

/// A stream that the relay fetches by SRT from a listener elsewhere.
package struct SRTCallSpec: Equatable, Sendable {
    package let call: HostPort
    package let streamID: SRTStreamID?
    package let passphrase: Secret?

    /// Nil: the relay's.
    package let latency: Duration?

    package init(
        call: HostPort,
        streamID: SRTStreamID? = nil,
        passphrase: Secret? = nil,
        latency: Duration? = nil
    ) throws(SpecError) {
        try SRTSpec.check(passphrase, "passphrase")
        if let latency { try SpecError.check(latency, in: SRTSpec.latencyBounds, "latency") }
        guard !call.isMulticast else {
            throw SpecError("call", sentence: "'\(call.host)' is a multicast address, which SRT cannot use.")
        }
        self.call = call
        self.streamID = streamID
        self.passphrase = passphrase
        self.latency = latency
    }
}

extension SRTCallSpec: Codable {
    private enum CodingKeys: CodingKey { case call, streamID, passphrase, latency }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            call: values.decode(HostPort.self, forKey: .call),
            streamID: values.decodeIfPresent(SRTStreamID.self, forKey: .streamID),
            passphrase: values.decodeIfPresent(Secret.self, forKey: .passphrase),
            latency: values.decodeIfPresent(Duration.self, forKey: .latency)
        )
    }
}

/// A place that a stream is sent to, whether anybody asked for it or not.
package struct PushSpec: Equatable, Sendable {
    package let name: DestinationName
    package let to: PushDestination

    /// Routers a multicast packet may cross, the last network included.
    package let ttl: Int

    /// Where multicast is sent; nil: where the system thinks best.
    package let interface: InterfaceSpec?

    /// Of SRT.
    package let passphrase: Secret?

    /// Of SRT; nil: the relay's.
    package let latency: Duration?

    package static let ttlBounds = 1...255
    package static let standardTTL = 1

    package init(
        name: DestinationName,
        to: PushDestination,
        ttl: Int? = nil,
        interface: InterfaceSpec? = nil,
        passphrase: Secret? = nil,
        latency: Duration? = nil
    ) throws(SpecError) {
        let isMulticast = to.address.isMulticast
        if let ttl {
            try SpecError.check(ttl, in: Self.ttlBounds, "ttl")
            guard isMulticast || ttl == Self.standardTTL else {
                throw SpecError("ttl", sentence: "it is for multicast; '\(to.address.host)' is no multicast address.")
            }
        }
        guard interface == nil || isMulticast else {
            throw SpecError("interface", sentence: "it is for multicast; '\(to.address.host)' is no multicast address.")
        }
        switch to.scheme {
        case .srt:
            guard !isMulticast else {
                throw SpecError("to", sentence: "'\(to.address.host)' is a multicast address, which SRT cannot use.")
            }
            try SRTSpec.check(passphrase, "passphrase")
            if let latency { try SpecError.check(latency, in: SRTSpec.latencyBounds, "latency") }
        case .udp, .rtp:
            guard passphrase == nil else { throw SpecError("passphrase", sentence: "only srt:// has a passphrase.") }
            guard latency == nil else { throw SpecError("latency", sentence: "only srt:// has a latency.") }
        }
        self.name = name
        self.to = to
        self.ttl = ttl ?? Self.standardTTL
        self.interface = interface
        self.passphrase = passphrase
        self.latency = latency
    }
}

extension PushSpec: Codable {
    private enum CodingKeys: CodingKey { case name, to, ttl, interface, passphrase, latency }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: values.decode(DestinationName.self, forKey: .name),
            to: values.decode(PushDestination.self, forKey: .to),
            ttl: values.decode(Int.self, forKey: .ttl),
            interface: values.decodeIfPresent(InterfaceSpec.self, forKey: .interface),
            passphrase: values.decodeIfPresent(Secret.self, forKey: .passphrase),
            latency: values.decodeIfPresent(Duration.self, forKey: .latency)
        )
    }
}

package enum PushScheme: String, Hashable, Sendable, Codable, CaseIterable {
    /// MPEG-TS over UDP.
    case udp
    /// RTP over UDP: a pair of ports per track, from the named one up; or MPEG-TS in RTP, all of it to the named one.
    case rtp
    /// MPEG-TS over SRT.
    case srt
}

/// `udp://239.1.1.1:5000`, `rtp://10.0.0.9:5004`, `rtp://10.0.0.9:5004?format=mpegts`, `srt://host:9000?streamid=…`.
package struct PushDestination: Hashable, Sendable, CustomStringConvertible {
    package let scheme: PushScheme
    package let address: HostPort

    /// Of SRT.
    package let streamID: SRTStreamID?

    /// Of RTP: what it carries where that is not each track by itself (RFC 2250 section 2, payload type 33).
    package let format: DatagramFormat?

    package init(
        scheme: PushScheme,
        address: HostPort,
        streamID: SRTStreamID? = nil,
        format: DatagramFormat? = nil
    ) {
        self.scheme = scheme
        self.address = address
        self.streamID = streamID
        self.format = format
    }

    /// Whether each track has ports of its own there.
    package var isByTrack: Bool { self.scheme == .rtp && self.format == nil }

    package init(_ text: some StringProtocol) throws(PushDestinationError) {
        let text = String(text)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasPrefix("//") else { throw .malformed }
        guard let scheme = PushScheme(rawValue: parts[0].lowercased()) else { throw .scheme(String(parts[0])) }
        var rest = parts[1].dropFirst(2)
        var query = ""[...]
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        do throws(HostPortError) {
            self.address = try HostPort(rest)
        } catch {
            throw .address(error)
        }
        self.scheme = scheme
        guard !query.isEmpty else {
            (self.streamID, self.format) = (nil, nil)
            return
        }
        let halves = query.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        switch (scheme, halves.count > 1 ? halves[0] : "") {
        case (.srt, "streamid"):
            // A stream id may hold any of '&', '=' and '#', so nothing may come behind it.
            guard let identifier = try? SRTStreamID(halves[1]) else { throw .streamID }
            (self.streamID, self.format) = (identifier, nil)
        case (.rtp, "format"):
            guard let format = DatagramFormat(rawValue: String(halves[1])) else { throw .format(String(halves[1])) }
            (self.streamID, self.format) = (nil, format)
        // Without a name in front of '=' it is a value, and who knows of what.
        default: throw .query(halves.count > 1 ? String(halves[0]) : "")
        }
    }

    /// Without the stream id, which may hold a key.
    package var description: String {
        "\(self.scheme.rawValue)://\(self.address)" + (self.format.map { "?format=\($0.rawValue)" } ?? "")
    }

    private var revealed: String { self.description + (self.streamID.map { "?streamid=\($0.revealed)" } ?? "") }
}

/// Says what is wrong without repeating it: keys and passphrases stand in addresses, and the more so in mistyped ones.
package enum PushDestinationError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed
    case scheme(String)
    case address(HostPortError)
    case query(String)
    case format(String)
    case streamID

    package var description: String {
        switch self {
        case .malformed:
            "this is not a destination; write it as udp://239.1.1.1:5000, rtp://10.0.0.9:5004 or srt://host:9000."
        case .scheme(let scheme):
            "\(Self.quoted(scheme, or: "this scheme")) is not sent to; use udp (MPEG-TS), rtp or srt."
        case .address(let error): "\(error)"
        case .query(let key):
            "\(Self.quoted(key, or: "what comes behind '?'")) is not known here; srt:// takes '?streamid=' and rtp:// '?format=', the rest are keys of their own."
        case .format(let format):
            "\(Self.quoted(format, or: "this format")) is not sent in RTP; write ?format=mpegts, or nothing for each track by itself."
        case .streamID: "\(SRTStreamIDError())"
        }
    }

    /// A word, as a scheme or the name of a parameter is; anything else may be or hold a key.
    private static func quoted(_ text: String, or stand: String) -> String {
        let isWord = (1...16).contains(text.utf8.count) && text.utf8.allSatisfy { (0x61...0x7a).contains($0 | 0x20) }
        return isWord ? "'\(text)'" : stand
    }
}

extension PushDestination: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.revealed)
    }
}

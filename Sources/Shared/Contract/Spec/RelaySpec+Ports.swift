/// A port of UDP that a relay takes for itself, and what for.
package struct PortUse: Hashable, Sendable {
    package let address: ListenAddress

    /// Keys from the relay down: `["streams", "camera", "rtp"]`.
    package let path: [String]

    /// Whether nobody else could bind it: groups of different addresses share a port (RFC 3678).
    package func clashes(with other: PortUse) -> Bool {
        self.address.clashes(with: other.address)
    }
}

extension RelaySpec {
    /// Bytes of all session descriptions together: a spec has to fit a message to the relay.
    static let descriptionsLimit = 1 << 20

    /// All ports of UDP that are named in the configuration, in the order of their streams.
    package var datagramPorts: [PortUse] { Self.ports(self.srt, self.streams ?? []) }

    private static func ports(_ srt: SRTSpec, _ streams: [StreamSpec]) -> [PortUse] {
        var uses: [PortUse] = []
        uses += srt.listen.map { PortUse(address: $0, path: ["srt", "listen"]) }
        for stream in streams {
            let path = ["streams", stream.name.rawValue, "rtp"]
            switch stream.source {
            case .publisher, .call: break
            case .datagrams(let spec): uses.append(PortUse(address: spec.listen, path: path + ["listen"]))
            case .rtp(let spec):
                for media in spec.media {
                    uses += [media.rtp, media.rtcp].compactMap(\.self).map {
                        PortUse(address: $0, path: path + ["sdp"])
                    }
                }
            }
        }
        return uses
    }

    static func checkDatagrams(_ srt: SRTSpec, _ streams: [StreamSpec]) throws(SpecError) {
        let uses = self.ports(srt, streams)
        for (index, use) in uses.enumerated() {
            guard let other = uses[..<index].first(where: use.clashes) else { continue }
            throw SpecError(
                path: use.path,
                sentence: "the UDP port \(use.address.port) is taken by \(other.path.joined(separator: ".")) already."
            )
        }
        var bytes = 0
        for case .rtp(let spec) in streams.map(\.source) { bytes += spec.description.utf8.count }
        guard bytes <= Self.descriptionsLimit else {
            throw SpecError(
                "streams",
                sentence: "the session descriptions have more than \(Self.descriptionsLimit) bytes together."
            )
        }
    }
}

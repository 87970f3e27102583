/// The front door: which protocols are served, and where. One that has no address is off.
package struct ListenSpec: Hashable, Sendable, Codable {
    private var addresses: [WireProtocol: [ListenAddress]]

    /// Ports of UDP for the RTP of RTSP sessions and of pushes.
    package var udp: PortRange?

    /// Where the host's console and its API are, apart from what is for everybody; empty where they are off. No relay has
    /// them.
    package var admin: [ListenAddress]

    package init(
        _ addresses: [WireProtocol: [ListenAddress]],
        udp: PortRange? = nil,
        admin: [ListenAddress] = []
    ) {
        self.addresses = addresses.filter { !$0.value.isEmpty }
        self.udp = udp
        self.admin = admin
    }

    /// Where a protocol is served, in the order of the configuration. SRT's are those of the only relay; where there are
    /// several each has its own.
    package subscript(all kind: WireProtocol) -> [ListenAddress] {
        get { self.addresses[kind] ?? [] }
        set { self.addresses[kind] = newValue.isEmpty ? nil : newValue }
    }

    /// The address that people are told; nil where the protocol is off.
    package subscript(_ kind: WireProtocol) -> ListenAddress? {
        get { self[all: kind].toldToPeople }
        set { self[all: kind] = newValue.map { [$0] } ?? [] }
    }
}

extension ListenSpec {
    package init(
        rtmp: ListenAddress? = nil,
        http: ListenAddress? = nil,
        rtmps: ListenAddress? = nil,
        https: ListenAddress? = nil,
        rtsp: ListenAddress? = nil,
        rtsps: ListenAddress? = nil,
        srt: ListenAddress? = nil,
        udp: PortRange? = nil,
        admin: [ListenAddress] = []
    ) {
        let addresses: [WireProtocol: ListenAddress?] = [
            .rtmp: rtmp, .http: http, .rtmps: rtmps, .https: https, .rtsp: rtsp, .rtsps: rtsps, .srt: srt,
        ]
        self.init(addresses.compactMapValues { $0.map { [$0] } }, udp: udp, admin: admin)
    }

    /// `rtmp=0.0.0.0:1935`, for programs: everything that is served, with its addresses separated by commas.
    package var words: [String] {
        let kinds = WireProtocol.allCases.map { ($0.rawValue, self[all: $0]) } + [(Self.adminName, self.admin)]
        return kinds.compactMap { name, addresses in
            addresses.isEmpty ? nil : "\(name)=\(addresses.map(\.description).joined(separator: ","))"
        }
    }

    /// The key of ``admin``.
    package static let adminName = "admin"

    package var rtmp: ListenAddress? { self[.rtmp] }
    package var http: ListenAddress? { self[.http] }
    package var rtmps: ListenAddress? { self[.rtmps] }
    package var https: ListenAddress? { self[.https] }
    package var rtsp: ListenAddress? { self[.rtsp] }
    package var rtsps: ListenAddress? { self[.rtsps] }
    package var srt: ListenAddress? { self[.srt] }
}

extension Collection<ListenAddress> {
    /// The one that others reach: the first that is not of this machine alone, or the first.
    package var toldToPeople: ListenAddress? { self.first { !$0.isLoopback } ?? self.first }

    /// The one that this machine reaches most surely: of itself alone, or all of its addresses, or the first.
    package var reachedFromHere: ListenAddress? {
        self.first { $0.isLoopback } ?? self.first { $0.isWildcard } ?? self.first
    }
}

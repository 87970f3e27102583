/// What a UDP socket of the host's is for.
package enum SocketPurpose: Hashable, Sendable, Codable {
    /// The media of a declared source: which `m=` line (0 for MPEG-TS), and whether it is the sender's reports.
    case source(StreamName, media: Int, isReports: Bool)

    /// Where the relay takes SRT connections; there may be several, of different addresses.
    case srt

    /// One of those that a relay asked for under that number: which, of how many.
    case request(UInt64, index: Int, count: Int)
}

/// A UDP socket that a relay cannot do without. It is bound once, and outlives the instances that read from it.
package struct SocketNeed: Hashable, Sendable {
    package let purpose: SocketPurpose

    /// An address of this machine, all of them, or a multicast group to join.
    package let address: ListenAddress

    /// The only sender whose packets are wanted of the group.
    package let source: IPAddress?

    /// Where the group is joined.
    package let interface: InterfaceSpec?

    /// Whether nothing is ever sent by it: whoever has it can then reach nobody.
    package let isReceiveOnly: Bool

    package init(
        purpose: SocketPurpose,
        address: ListenAddress,
        source: IPAddress? = nil,
        interface: InterfaceSpec? = nil,
        isReceiveOnly: Bool = false
    ) {
        self.isReceiveOnly = isReceiveOnly
        self.purpose = purpose
        self.address = address
        self.source = source
        self.interface = interface
    }
}

extension SocketNeed {
    /// The same as a host lends it: whoever sends to a source is known to the relay alone, so nothing is sent there.
    package var lent: SocketNeed {
        guard case .source = self.purpose else { return self }
        return SocketNeed(
            purpose: self.purpose,
            address: self.address,
            source: self.source,
            interface: self.interface,
            isReceiveOnly: true
        )
    }
}

extension RelaySpec {
    package var socketNeeds: [SocketNeed] {
        var needs = self.srt.listen.map { SocketNeed(purpose: .srt, address: $0) }
        for stream in self.streams ?? [] { needs += stream.socketNeeds }
        return needs
    }
}

extension StreamSpec {
    package var socketNeeds: [SocketNeed] {
        switch self.source {
        case .publisher, .call: return []
        case .datagrams(let spec):
            let purpose = SocketPurpose.source(self.name, media: 0, isReports: false)
            return [
                SocketNeed(
                    purpose: purpose,
                    address: spec.listen,
                    source: spec.source,
                    interface: spec.interface,
                    isReceiveOnly: true
                )
            ]
        case .rtp(let spec):
            return spec.media.enumerated().flatMap { index, ports in
                [(ports.rtp, false), (ports.rtcp, true)].compactMap { address, isReports in
                    address.map {
                        SocketNeed(
                            purpose: .source(self.name, media: index, isReports: isReports),
                            address: $0,
                            source: spec.source,
                            interface: spec.interface,
                            // Reports go back from the port for them, where there is one.
                            isReceiveOnly: !isReports && ports.rtcp != nil
                        )
                    }
                }
            }
        }
    }
}

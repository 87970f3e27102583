/// MPEG-TS that arrives at one port of UDP.
package struct DatagramSourceSpec: Equatable, Sendable {
    /// An address of this machine, all of them, or a multicast group.
    package let listen: ListenAddress
    package let format: DatagramFormat

    /// The only sender that is listened to; nil: the first until it falls silent.
    package let source: IPAddress?

    /// Where a multicast group is joined; nil: where the system thinks best.
    package let interface: InterfaceSpec?

    package init(
        listen: ListenAddress,
        format: DatagramFormat = .mpegts,
        source: IPAddress? = nil,
        interface: InterfaceSpec? = nil
    ) throws(SpecError) {
        guard listen.port != 0 else {
            throw SpecError("listen", sentence: "a source needs a port of its own, not 0.")
        }
        try Self.check(source: source, against: [listen])
        guard interface == nil || listen.isMulticast else {
            throw SpecError(
                "interface",
                sentence: "an interface is chosen for multicast; write its address in 'listen' instead."
            )
        }
        self.listen = listen
        self.format = format
        self.source = source
        self.interface = interface
    }

    static func check(source: IPAddress?, against addresses: [ListenAddress]) throws(SpecError) {
        guard let source else { return }
        guard !source.isMulticast else {
            throw SpecError("source", sentence: "'\(source)' is a multicast address; write the sender's own.")
        }
        guard addresses.allSatisfy({ $0.isIPv6 == source.isIPv6 || $0.host == "::" }) else {
            throw SpecError("source", sentence: "'\(source)' cannot reach an address of the other IP version.")
        }
    }
}

package enum DatagramFormat: String, Hashable, Sendable, Codable, CaseIterable {
    /// MPEG-TS, in RTP (RFC 2250, payload type 33) or bare.
    case mpegts
}

extension DatagramSourceSpec: Codable {
    private enum CodingKeys: CodingKey { case listen, format, source, interface }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            listen: values.decode(ListenAddress.self, forKey: .listen),
            format: values.decode(DatagramFormat.self, forKey: .format),
            source: values.decodeIfPresent(IPAddress.self, forKey: .source),
            interface: values.decodeIfPresent(InterfaceSpec.self, forKey: .interface)
        )
    }
}

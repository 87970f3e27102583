/// Multicast groups that are set apart for viewers by RTSP who ask for multicast: each stream that somebody watches so is
/// sent to one of them.
package struct MulticastSpec: Equatable, Sendable {
    package let groups: GroupRange

    /// Two for each track of a stream (RFC 3550 section 11), from an even one up.
    package let ports: PortRange

    /// Routers the packets may cross, the last network included; 0: they stay on this machine (RFC 1112 section 6.1).
    package let ttl: Int

    /// Where they are sent; nil: where the system thinks best.
    package let interface: InterfaceSpec?

    package static let ttlBounds = 0...255
    package static let standardTTL = 1

    /// As many as six streams of eight tracks want for themselves.
    package static let standardPorts = PortRange.ofMulticast

    package init(
        groups: GroupRange,
        ports: PortRange = Self.standardPorts,
        ttl: Int = Self.standardTTL,
        interface: InterfaceSpec? = nil
    ) throws(SpecError) {
        try SpecError.check(ttl, in: Self.ttlBounds, "multicast", "ttl")
        if let address = interface?.address, address.isIPv6 {
            throw SpecError(
                "multicast",
                "interface",
                sentence: "the groups are of IPv4; write an IPv4 address of this machine, or the interface's name."
            )
        }
        self.groups = groups
        self.ports = ports
        self.ttl = ttl
        self.interface = interface
    }
}

extension MulticastSpec: Codable {
    private enum CodingKeys: CodingKey { case groups, ports, ttl, interface }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            groups: values.decode(GroupRange.self, forKey: .groups),
            ports: values.decode(PortRange.self, forKey: .ports),
            ttl: values.decode(Int.self, forKey: .ttl),
            interface: values.decodeIfPresent(InterfaceSpec.self, forKey: .interface)
        )
    }
}

/// Multicast groups of IPv4 that follow each other: `239.255.42.0/24`, or a single one, `239.255.42.7`.
package struct GroupRange: Hashable, Sendable, CustomStringConvertible {
    /// The first group, first byte highest.
    package let first: UInt32

    /// Leading bits that all have in common.
    package let prefix: Int

    package init(_ text: some StringProtocol) throws(GroupRangeError) {
        let text = String(text)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let first = Self.address(parts[0]) else { throw .malformed(text) }
        var prefix = 32
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]) else {
                throw .malformed(text)
            }
            prefix = bits
        }
        // 224.0.0.0/4 (RFC 5771), of which the first 256 are those by which routers and hosts find each other.
        guard (4...32).contains(prefix), first >> 28 == 14 else { throw .notMulticast(text) }
        let rest = UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(32 - prefix)) - 1)
        guard first & rest == 0 else { throw .between(text, first: "\(Self.text(first & ~rest))/\(prefix)") }
        guard first > 0xE000_00FF else { throw .reserved(text) }
        self.first = first
        self.prefix = prefix
    }

    package var count: Int { 1 << (32 - self.prefix) }

    /// A group by its place in the range.
    package subscript(place: Int) -> UInt32 { self.first &+ UInt32(truncatingIfNeeded: place) }

    package func overlaps(_ other: GroupRange) -> Bool {
        let bits = 32 - min(self.prefix, other.prefix)
        return self.first >> bits == other.first >> bits
    }

    /// Whether an address in dotted form is one of the groups.
    package func contains(_ text: String) -> Bool {
        guard let address = Self.address(text) else { return false }
        return address >> (32 - self.prefix) == self.first >> (32 - self.prefix)
    }

    package var description: String {
        self.prefix == 32 ? Self.text(self.first) : "\(Self.text(self.first))/\(self.prefix)"
    }

    private static func address(_ text: some StringProtocol) -> UInt32? {
        guard IPAddressText.isV4(text) else { return nil }
        return text.split(separator: ".").reduce(UInt32(0)) { $0 << 8 | (UInt32($1) ?? 0) }
    }

    private static func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { "\(address >> $0 & 0xFF)" }.joined(separator: ".")
    }
}

package enum GroupRangeError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case notMulticast(String)
    case between(String, first: String)
    case reserved(String)

    package var description: String {
        switch self {
        case .malformed(let text):
            "'\(text)' is not a range of multicast groups; write it as 239.255.42.0/24, or a single group."
        case .notMulticast(let text):
            "'\(text)' is no multicast of IPv4, which goes from 224.0.1.0 to 239.255.255.255; write 239.255.42.0/24."
        case .between(let text, let first): "'\(text)' begins in the middle of a range; write \(first)."
        case .reserved(let text):
            "'\(text)' is what routers and hosts find each other by; write a range such as 239.255.42.0/24."
        }
    }
}

extension GroupRange: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}

/// Ports of UDP, both ends included: `30000-30999`.
package struct PortRange: Hashable, Sendable, CustomStringConvertible {
    package let first: UInt16
    package let last: UInt16

    /// Ports below are the system's (RFC 6335 section 6), and a range without an even and an odd one holds no pair.
    package static let lowest: UInt16 = 1024

    /// What multicast has unless somebody says otherwise: from the port RTP is registered for (RFC 3551 section 8) up.
    static let ofMulticast = PortRange(known: 5004, 5099)

    private init(known first: UInt16, _ last: UInt16) {
        self.first = first
        self.last = last
    }

    package init(first: UInt16, last: UInt16) throws(PortRangeError) {
        guard first >= Self.lowest else { throw .tooLow(first) }
        guard last > first, last - first >= 1 else { throw .tooShort("\(first)-\(last)") }
        self.first = first
        self.last = last
    }

    package init(_ text: some StringProtocol) throws(PortRangeError) {
        let digits = String(text).filter { $0 != " " }
        let parts = digits.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let first = UInt16(parts[0]), let last = UInt16(parts[1])
        else { throw .malformed(String(text)) }
        try self.init(first: first, last: last)
    }

    package var description: String { "\(self.first)-\(self.last)" }

    /// Pairs of an even port and the odd one above it (RFC 3550 section 11).
    package var pairs: StrideThrough<Int> {
        let even = Int(self.first) + Int(self.first) % 2
        return stride(from: even, through: Int(self.last) - 1, by: 2)
    }

    package func contains(_ port: UInt16) -> Bool { (self.first...self.last).contains(port) }
}

package enum PortRangeError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case tooLow(UInt16)
    case tooShort(String)

    package var description: String {
        switch self {
        case .malformed(let text): "'\(text)' is not a range of ports; write it as 30000-30999."
        case .tooLow(let port): "port \(port) belongs to the system; begin at \(PortRange.lowest) or above."
        case .tooShort(let text): "'\(text)' holds no two ports; write the lower one first, as in 30000-30999."
        }
    }
}

extension PortRange: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}

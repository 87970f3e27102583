/// Why bytes are no RTP or RTCP packet, or a description none that can be received.
package enum RTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The packet ends before what its header announces.
    case truncated(String, Int)
    /// RFC 3550 knows version 2.
    case version(UInt8)
    /// More padding than there are bytes, or none where some is announced.
    case padding(Int)
    /// No medium of the description is RTP in a format that is known.
    case nothingToReceive

    package var description: String {
        switch self {
        case .truncated(let part, let length): "an RTP packet of \(length) bytes ends within its \(part)"
        case .version(let version): "an RTP packet has version \(version), and only 2 is known"
        case .padding(let count): "an RTP packet announces \(count) bytes of padding, which it cannot have"
        case .nothingToReceive: "no medium of the session description is RTP in a format that is known"
        }
    }
}

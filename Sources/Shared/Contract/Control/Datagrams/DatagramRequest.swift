/// What a relay wants UDP sockets for.
package enum DatagramRequest: Hashable, Sendable, Codable {
    /// An even port for RTP and the odd one above it for RTCP (RFC 3550 section 11), on all addresses of a family, out of
    /// the range that the configuration sets apart.
    case pair(isIPv6: Bool)

    /// One port that the kernel chooses, to push a stream to a destination of the configuration: its name is looked up, and
    /// its multicast settings are made, before it comes.
    case push(StreamName, DestinationName)

    /// One port that the kernel chooses, at the address by which this machine reaches the multicast groups that the
    /// configuration sets apart, to send to one of them: its multicast settings are made before it comes.
    case multicast

    /// One port that the kernel chooses, to call whom the configuration names as the source of a stream.
    case call(StreamName)
}

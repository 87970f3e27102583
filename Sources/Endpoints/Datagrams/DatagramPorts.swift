package import Linux

/// Where a relay's UDP sockets come from: the host that started it, or the machine itself where it was started by hand.
package protocol DatagramPorts: Sendable {
    /// Calls `body` once, from any thread, with the sockets that were wished for, bound and not blocking.
    func lend(
        _ wish: DatagramWish,
        _ body: @escaping @Sendable (Result<DatagramLoan, DatagramRefusal>) -> Void
    )
}

/// What UDP sockets are wanted for.
package enum DatagramWish: Hashable, Sendable {
    /// An even port for RTP and the odd one above it for RTCP (RFC 3550 section 11), on all addresses of a family, out of
    /// the range that the configuration sets apart.
    case pair(isIPv6: Bool)

    /// One port that the kernel chooses, to send to what the configuration names.
    case sender(isIPv6: Bool)
}

/// UDP sockets, the relay's for as long as it holds this.
package struct DatagramLoan: Sendable {
    /// One for ``DatagramWish/sender(isIPv6:)``; RTP and RTCP for ``DatagramWish/pair(isIPv6:)``.
    package let sockets: [HeldDescriptor]

    /// The first one's port.
    package let port: UInt16

    package init(sockets: [HeldDescriptor], port: UInt16) {
        self.sockets = sockets
        self.port = port
    }
}

/// Why there are none.
package struct DatagramRefusal: Error, Hashable, Sendable {
    package let sentence: String

    package init(sentence: String) {
        self.sentence = sentence
    }
}

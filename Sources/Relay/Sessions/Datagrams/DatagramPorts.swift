package import Contract
package import Linux

/// Where a relay's UDP sockets come from: the host that started it, or the machine itself where it was started by hand.
package protocol DatagramPorts: Sendable {
    /// Calls `body` once, from any thread, with the sockets that were asked for, bound and not blocking.
    func lend(
        _ request: DatagramRequest,
        _ body: @escaping @Sendable (Result<DatagramLoan, DatagramRefusal>) -> Void
    )

    /// Whether sources that the configuration declares can be sent reports: by sockets that are not connected.
    var answersSources: Bool { get }
}

/// UDP sockets, the relay's for as long as it holds this: their ports are back when the last of them is closed.
package struct DatagramLoan: Sendable {
    /// As the ``DatagramRequest`` says.
    package let sockets: [HeldDescriptor]

    /// The first one's port.
    package let port: UInt16

    /// Whom to send to, where the configuration names somebody.
    package let destination: InternetAddress?

    package init(sockets: [HeldDescriptor], port: UInt16, destination: InternetAddress? = nil) {
        self.sockets = sockets
        self.port = port
        self.destination = destination
    }
}

/// Why there are none.
package struct DatagramRefusal: Error, Hashable, Sendable {
    package let sentence: String

    package init(sentence: String) {
        self.sentence = sentence
    }
}

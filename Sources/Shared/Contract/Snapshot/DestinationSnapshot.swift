/// A place that the configuration has a stream sent to, as the relay knows it.
package struct DestinationSnapshot: Hashable, Sendable, Codable {
    package var stream: StreamName
    package var name: DestinationName

    /// Its address, without what is a key in it. For the operator.
    package var address: String

    /// Since when it has been sent to; nil while it is not.
    package var sendingSince: Instant?

    /// Why it is not; nil before the first try, and once it is sent to.
    package var trouble: DestinationTrouble?

    /// Tries that came to nothing, ever.
    package var failures: UInt64

    /// Bytes sent.
    package var bytes: UInt64

    package init(
        stream: StreamName,
        name: DestinationName,
        address: String,
        sendingSince: Instant? = nil,
        trouble: DestinationTrouble? = nil,
        failures: UInt64 = 0,
        bytes: UInt64 = 0
    ) {
        self.stream = stream
        self.name = name
        self.address = address
        self.sendingSince = sendingSince
        self.trouble = trouble
        self.failures = failures
        self.bytes = bytes
    }
}

/// Why a destination is not sent to. The raw values stand in answers: they never change.
package enum DestinationTrouble: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nobody answers there.
    case unanswered
    /// The other side turns the call down.
    case refused
    /// The two sides have not the same passphrase.
    case passphrase
    /// No way there is known: its name has no address, or this machine has no socket for it.
    case unreachable
    /// The connection that there was has ended.
    case disconnected
    /// The relay has no room for it.
    case noRoom = "no_room"
    /// What it is sent can carry nothing of the stream.
    case unsuitable
}

/// How it stands with a destination. The raw values are labels of metrics: they never change.
package enum DestinationState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its stream is not on air: nothing is missing there.
    case waiting
    /// Its stream is on air, and it is being connected to.
    case starting
    case sending
    /// Its stream is on air and does not get there.
    case failing
}

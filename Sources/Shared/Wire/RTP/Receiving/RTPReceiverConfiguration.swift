/// How a source is received.
package struct RTPReceiverConfiguration: Hashable, Sendable {
    /// What becomes of pictures after a loss.
    package enum OnLoss: String, Hashable, Sendable, CaseIterable {
        /// They are held back until one comes that a decoder can start at.
        case hold
        /// They are passed on, but for those that lack a part themselves.
        case pass
    }

    package var onLoss: OnLoss

    /// CNAME of our reports: one that says nothing of the machine (RFC 7022).
    package var canonicalName: String

    /// The synchronisation source of our reports: a random number.
    package var source: UInt32

    /// How many packets wait for one that is missing, and how long, µs.
    package var reorderPackets = 64
    package var reorderTime: Int64 = 100_000

    /// Time between our reports, µs; each is up to a half earlier or later, so that receivers do not send in step.
    package var reportInterval: Int64 = 2_000_000

    package init(onLoss: OnLoss = .hold, canonicalName: String, source: UInt32) {
        self.onLoss = onLoss
        self.canonicalName = canonicalName
        self.source = source
    }
}

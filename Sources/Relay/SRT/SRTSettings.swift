/// How a connection is to be, before it is made.
package struct SRTSettings: Sendable {
    /// What both ends allow for losses to be repaired; the larger of the two counts.
    package var latency = Duration.milliseconds(120)

    /// 10 to 79 characters; nil: nothing is encrypted.
    package var passphrase: String?

    /// What a caller says it wants; at most 512 bytes.
    package var streamID: String?

    /// A peer that is silent for so long is gone.
    package var peerTimeout = Duration.seconds(5)

    /// How long a call may take.
    package var connectTimeout = Duration.seconds(3)

    package init() {}
}

/// The number of a socket of libsrt, never given out twice in a short time.
package struct SRTSocketID: Hashable, Sendable {
    package let number: Int32

    package init(_ number: Int32) {
        self.number = number
    }
}

extension Duration {
    /// Whole milliseconds, as libsrt counts.
    var srtMilliseconds: Int32 {
        let (seconds, attoseconds) = self.components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}

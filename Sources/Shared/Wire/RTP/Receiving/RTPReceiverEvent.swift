package import Media
package import NIOCore

/// What a receiver makes of packets.
package enum RTPReceiverEvent: Hashable, Sendable {
    /// Timestamps are µs on one clock of the whole source, which neither wraps nor jumps with RTP's: see
    /// ``SourceClock/unbounded``.
    case source(SourceEvent)

    /// Whole packets of MPEG-TS, in order.
    case transportStream(ByteBuffer)

    /// Some of it is missing before the next.
    case transportStreamGap

    /// All tracks that were received have said that they end.
    case goodbye
}

/// A report that is to be sent to where the medium's RTCP comes from.
package struct RTPReport: Hashable, Sendable {
    /// Which `m=` line.
    package var media: Int
    /// One compound RTCP packet.
    package var bytes: ByteBuffer
}

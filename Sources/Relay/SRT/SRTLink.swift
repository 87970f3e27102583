internal import CSRT

/// How the line of a connection has been.
package struct SRTLink: Hashable, Sendable {
    /// µs there and back.
    package var roundTrip: Int64
    /// Packets of media that came or were sent, without those sent again.
    package var packets: UInt64
    /// Of those, how many were missing when their turn came, on the way to us and on the way from us.
    package var lost: UInt64
    /// Packets sent again, either way.
    package var retransmitted: UInt64
    /// Packets given up because they would have come too late.
    package var dropped: UInt64
    /// What the two sides have agreed on, µs.
    package var latency: Int64
    /// Estimated room on the line, bits a second.
    package var bandwidth: Int64
}

extension SRTSocket {
    /// Nil when the connection is over.
    package var link: SRTLink? {
        var figures = SRT_TRACEBSTATS()
        guard unsafe srt_bistats(self.id.number, &figures, 0, 1) >= 0 else { return nil }
        let latency = max(figures.msRcvTsbPdDelay, figures.msSndTsbPdDelay)
        return SRTLink(
            roundTrip: Self.whole(figures.msRTT * 1000),
            packets: UInt64(clamping: figures.pktSentUniqueTotal + figures.pktRecvUniqueTotal),
            lost: UInt64(clamping: Int64(figures.pktSndLossTotal) + Int64(figures.pktRcvLossTotal)),
            retransmitted: UInt64(clamping: Int64(figures.pktRetransTotal) + Int64(figures.pktRcvRetrans)),
            dropped: UInt64(clamping: Int64(figures.pktSndDropTotal) + Int64(figures.pktRcvDropTotal)),
            latency: Int64(latency) * 1000,
            bandwidth: Self.whole(figures.mbpsBandwidth * 1_000_000)
        )
    }

    private static func whole(_ value: Double) -> Int64 {
        value.isFinite ? Int64(max(0, min(value, 1e15))) : 0
    }
}

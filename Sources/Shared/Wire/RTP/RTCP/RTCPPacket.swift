/// One RTCP packet of a compound one: RFC 3550 section 6.
package enum RTCPPacket: Hashable, Sendable {
    case senderReport(RTCPSenderReport)
    case receiverReport(source: UInt32, [RTCPReportBlock])
    /// Source descriptions: the canonical name of each source that gave one.
    case sourceDescription([RTCPSourceName])
    case goodbye([UInt32])
    /// APP, feedback, extended reports and what is yet to come: the packet type.
    case other(UInt8)
}

/// What a sender says of its clock and of what it sent: RFC 3550 section 6.4.1.
package struct RTCPSenderReport: Hashable, Sendable {
    package var source: UInt32
    package var time: NTPTime
    /// The same instant in the units of RTP timestamps.
    package var timestamp: UInt32
    package var packets: UInt32
    package var bytes: UInt32
    package var blocks: [RTCPReportBlock]

    package init(
        source: UInt32,
        time: NTPTime,
        timestamp: UInt32,
        packets: UInt32,
        bytes: UInt32,
        blocks: [RTCPReportBlock] = []
    ) {
        self.source = source
        self.time = time
        self.timestamp = timestamp
        self.packets = packets
        self.bytes = bytes
        self.blocks = blocks
    }
}

/// What a receiver says of one source: RFC 3550 section 6.4.1.
package struct RTCPReportBlock: Hashable, Sendable {
    package var source: UInt32
    /// Lost of all expected since the last report, in 1/256.
    package var fractionLost: UInt8
    /// Expected less received since the beginning; 24 bits, below zero with duplicates.
    package var lost: Int32
    /// The highest sequence number and, above it, how often they wrapped.
    package var highestSequence: UInt32
    /// In the units of RTP timestamps.
    package var jitter: UInt32
    /// The compact time of the last sender report, 0 if none came.
    package var lastReport: UInt32
    /// Since that one came, in 1/65536 s.
    package var delay: UInt32

    package init(
        source: UInt32,
        fractionLost: UInt8,
        lost: Int32,
        highestSequence: UInt32,
        jitter: UInt32,
        lastReport: UInt32,
        delay: UInt32
    ) {
        self.source = source
        self.fractionLost = fractionLost
        self.lost = lost
        self.highestSequence = highestSequence
        self.jitter = jitter
        self.lastReport = lastReport
        self.delay = delay
    }
}

package struct RTCPSourceName: Hashable, Sendable {
    package var source: UInt32
    /// CNAME: the same for all sources of one sender.
    package var canonicalName: String

    package init(source: UInt32, canonicalName: String) {
        self.source = source
        self.canonicalName = canonicalName
    }
}

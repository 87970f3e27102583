package import Media

/// How one medium has been received since the beginning.
package struct RTPTrackStatistics: Hashable, Sendable, Codable {
    /// Which `m=` line.
    package var media: Int
    /// Nil for MPEG-TS, and for media in formats that are not known.
    package var track: TrackID?
    /// As the description names it, such as `H264`; that of the last packet where there are several.
    package var encoding: String

    /// RTP packets that belong to the source, duplicates and late ones among them.
    package var packets: UInt64 = 0
    package var bytes: UInt64 = 0
    /// Packets that never came, or too late to be waited for.
    package var lost: UInt64 = 0
    /// Packets that came after a later one.
    package var reordered: UInt64 = 0
    package var duplicates: UInt64 = 0
    /// Packets that came when their place had been given up; they are counted as lost as well.
    package var late: UInt64 = 0
    /// Mean deviation of the time between packets, µs: RFC 3550 appendix A.8.
    package var jitter: Int64 = 0

    /// How often another synchronisation source took over.
    package var sourceChanges: UInt64 = 0
    /// How often a source began its numbers anew.
    package var restarts: UInt64 = 0
    /// Packets of sources other than the one received.
    package var foreign: UInt64 = 0
    /// Packets with payload types that the description does not explain.
    package var unexpectedTypes: UInt64 = 0
    /// Packets and payloads that cannot be read.
    package var malformed: UInt64 = 0

    package var accessUnits: UInt64 = 0
    /// Access units that lacked a part, and were dropped.
    package var damaged: UInt64 = 0
    /// Whole access units held back until the next one that a decoder can start at.
    package var held: UInt64 = 0
    /// Access units dropped because nothing had said yet how they are coded.
    package var unconfigured: UInt64 = 0
    /// Pictures are being held back.
    package var isHolding = false

    package var senderReports: UInt64 = 0
    /// By how much the sender's clock is ahead of ours, as its last report had it, µs; nil before, or if it knows no time.
    package var senderClockLead: Int64?
}

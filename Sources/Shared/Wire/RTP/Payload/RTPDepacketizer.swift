import Media
import NIOCore

/// Makes access units of one format's payloads. A folder or a file a format.
///
/// Packets come in order, without duplicates; where some are missing, ``lose()`` says so first. What is given out is whole:
/// an access unit that lacks a packet is counted as damaged and never seen.
protocol RTPDepacketizer: Sendable {
    /// What the session description alone says of the coding.
    var configuration: CodecConfiguration? { get }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput)

    /// Packets are missing before the next one.
    mutating func lose(into output: inout RTPDepacketizerOutput)

    /// Where it stands between two access units, written down for the process that goes on with it; nil in the midst of one, and
    /// where its format is none that anybody goes on with.
    var standing: RTPDepacketizerStanding? { get }

    /// Goes on where another of the same format stood.
    mutating func resume(_ standing: RTPDepacketizerStanding)
}

/// Where a depacketizer stands between two access units. Each format has what it needs of it.
struct RTPDepacketizerStanding: Sendable, Codable {
    var configuration: CodecConfiguration?
    /// Packets were missing before the next one.
    var isAfterLoss = false
    var maker: NALSampleMaker.Standing?
    /// The last timestamp that the maker was told.
    var noted: UInt32?
    var distrustsMarker = false
}

/// One access unit of a track.
struct RTPAccessUnit: Hashable, Sendable {
    /// In units of the RTP clock; nil for a picture that began under the timestamp of the one before it.
    var timestamp: UInt32?
    /// As in ``Packet/payload``.
    var payload: ByteBuffer
    var isKeyframe = true
    /// In force from this access unit on, where that changed with it.
    var configuration: CodecConfiguration?
    /// Where it stands in the order of showing, if it is a picture that tells.
    var order: AccessUnitSplitter.Order?
}

/// What came out of packets; the receiver takes it and clears it.
struct RTPDepacketizerOutput: Sendable {
    var units: [RTPAccessUnit] = []
    /// Whole packets of MPEG-TS.
    var transport: [ByteBuffer] = []
    /// Some of it is missing before ``transport``.
    var hasTransportGap = false
    /// Access units that were begun and lack something.
    var damaged = 0
    /// Payloads that are not what their format says.
    var malformed = 0
    /// Access units dropped because nothing has said yet how they are coded.
    var unconfigured = 0
    /// Payloads of which all was used but some bytes at their end.
    var leftovers = 0

    var isEmpty: Bool {
        self.units.isEmpty && self.transport.isEmpty && self.damaged == 0 && self.malformed == 0
            && self.unconfigured == 0 && self.leftovers == 0 && !self.hasTransportGap
    }

    mutating func clear() {
        self.units.removeAll(keepingCapacity: true)
        self.transport.removeAll(keepingCapacity: true)
        self.hasTransportGap = false
        (self.damaged, self.malformed, self.unconfigured, self.leftovers) = (0, 0, 0, 0)
    }
}

/// What one source may cost.
package struct RTPLimits: Hashable, Sendable {
    /// Bytes of one access unit that are put together; which of them a stream takes is its relay's `limits.frame`.
    package static let accessUnitBytes = 16 << 20

    /// Tracks of one source.
    package static let tracks = 32

    /// Ticks a second of what was written down of a source.
    static let clockRates: ClosedRange<Int64> = 1...16_000_000

    /// Nothing that was written down of a source has counted so far.
    static let counted: UInt64 = 1 << 53
}

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
}

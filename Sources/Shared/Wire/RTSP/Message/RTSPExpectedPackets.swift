import NIOCore

/// Tells whether what an interleaved frame holds goes on from what its channel has carried, so that a frame which stands
/// alone among stray bytes can be believed.
///
/// RTP is believed by its source and number where the channel has carried the source before, and by its payload type where
/// the description names it and nothing has come on the channel yet. RTCP is believed where its lengths fill the frame.
struct RTSPExpectedPackets: Sendable, Codable {
    enum Verdict: Hashable {
        case unexpected
        /// So many bytes of the payload are needed to tell.
        case open(Int)
        /// So many bytes of the payload have told.
        case expected(Int)
    }

    private struct Source: Sendable, Codable {
        var identifier: UInt32
        var sequence: UInt16
    }

    /// The payload types of each channel, as described.
    private var described: [UInt8: Set<UInt8>] = [:]
    /// The last packet of each channel.
    private var seen: [UInt8: Source] = [:]

    /// Bytes of RTP's header without its lists: RFC 3550 section 5.1.
    private static let headerBytes = 12
    /// Bytes of RTCP's header: RFC 3550 section 6.4.1.
    private static let controlHeaderBytes = 4
    /// From sender reports to extended reports: RFC 3550 section 12.1 and those after it.
    private static let controlTypes: ClosedRange<UInt8> = 200...207
    /// Packets of one compound that are looked at.
    private static let mostControlPackets = 16
    /// How far ahead a number may be, and how far behind: MAX_DROPOUT and MAX_MISORDER of RFC 3550 appendix A.1.
    private static let ahead: Int16 = 3000
    private static let behind: Int16 = -100

    /// Takes what a description says of the channels that are set up.
    mutating func describe(_ payloadTypes: [UInt8: Set<UInt8>]) {
        self.described = payloadTypes
        self.seen = [:]
    }

    /// Takes note of a frame that was found.
    mutating func note(_ frame: RTSPFrame) {
        let payload = frame.payload
        guard let header = Self.header(payload.readableBytesView) else { return }
        self.seen[frame.channel] = header.source
    }

    /// Whether a frame's payload, as far as it has come, is one to be expected on its channel.
    ///
    /// - Parameters:
    ///   - payload: Begins with the payload; what follows it may follow.
    ///   - length: How long the payload is by its frame.
    ///   - channel: The frame's.
    /// - Returns: whether it is, or how many bytes it takes to tell.
    func verdict(_ payload: ByteBufferView, length: Int, channel: UInt8) -> Verdict {
        guard payload.count >= 2 else { return .open(2) }
        let second = payload[payload.startIndex + 1]
        if Self.controlTypes.contains(second) { return Self.controlVerdict(payload.prefix(length), length: length) }
        guard length >= Self.headerBytes else { return .unexpected }
        guard payload.count >= Self.headerBytes else { return .open(Self.headerBytes) }
        guard let (type, source) = Self.header(payload) else { return .unexpected }
        guard let before = self.seen[channel] else {
            let isDescribed = self.described[channel]?.contains(type) ?? false
            return isDescribed ? .expected(Self.headerBytes) : .unexpected
        }
        let step = Int16(bitPattern: source.sequence &- before.sequence)
        let goesOn = source.identifier == before.identifier && step >= Self.behind && step <= Self.ahead
        return goesOn ? .expected(Self.headerBytes) : .unexpected
    }

    private static func header(_ bytes: some RandomAccessCollection<UInt8>) -> (type: UInt8, source: Source)? {
        let header = Array(bytes.prefix(Self.headerBytes))
        guard header.count == Self.headerBytes, header[0] >> 6 == 2, !Self.controlTypes.contains(header[1]) else {
            return nil
        }
        let identifier = header[8...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let sequence = UInt16(header[2]) << 8 | UInt16(header[3])
        return (header[1] & 0x7F, Source(identifier: identifier, sequence: sequence))
    }

    /// Whether a frame is filled by RTCP packets, one behind the other.
    private static func controlVerdict(_ payload: ByteBufferView, length: Int) -> Verdict {
        var place = 0
        for _ in 0..<Self.mostControlPackets {
            guard place + Self.controlHeaderBytes <= length else { return .unexpected }
            guard place + Self.controlHeaderBytes <= payload.count else {
                return .open(place + Self.controlHeaderBytes)
            }
            let start = payload.startIndex + place
            guard payload[start] >> 6 == 2, Self.controlTypes.contains(payload[start + 1]) else { return .unexpected }
            let words = Int(payload[start + 2]) << 8 | Int(payload[start + 3])
            place += 4 * (words + 1)
            if place == length { return .expected(place) }
        }
        return .unexpected
    }
}

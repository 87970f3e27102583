/// What a packet's timestamp says of its place, beside its number.
struct RTPEvidence: Hashable, Sendable {
    /// The transport keeps the order: packets are interleaved with RTSP.
    var isOrdered = false
    /// Its time comes after those of all packets before, and not by more than the time that passed.
    var isNewer = false
    /// Its time is where the time that passed wants it.
    var isContinuous = false
    /// The packet before it ended an access unit, and this one begins another.
    var isBoundary = false
    /// The most packets that may be missing before it, by how many come in such a time.
    var mostMissing = 0

    /// Whether so many packets may be missing before it. Within an access unit nothing can be said.
    func canMiss(_ count: Int) -> Bool { count == 0 || !self.isBoundary || count <= self.mostMissing }
}

/// Follows the timestamps of one synchronisation source, so that they can testify.
struct RTPWitness: Sendable, Codable {
    private let rate: Int64
    /// Access units end with the marker: so it is with pictures (RFC 6184 section 5.1 and its like).
    private let marksEnds: Bool

    private var newest: UInt32
    private var arrival: Int64
    private var lastTimestamp: UInt32
    private var lastMarker = false

    /// Packets that had the last timestamp, and the most that had one lately.
    private var count = 0
    private var mostOfOne = 0
    /// Packets in a second of timestamps: smoothed.
    private var perSecond = PacketRate()

    /// Packets are never so even that less than this were impossible.
    private static let allowance = 32

    init(first packet: RTPPacket, rate: Int64, marksEnds: Bool, now: Int64) {
        self.rate = max(1, rate)
        self.marksEnds = marksEnds
        self.newest = packet.timestamp
        self.lastTimestamp = packet.timestamp
        self.arrival = now
    }

    /// Whether it can have been so that was written down.
    var isPlausible: Bool {
        RTPLimits.clockRates.contains(self.rate) && (0...Self.mostPackets).contains(self.count)
            && (0...Self.mostPackets).contains(self.mostOfOne)
    }

    /// No timestamp has more.
    private static let mostPackets = 1 << 40

    /// What the packet's timestamp says.
    func evidence(of packet: RTPPacket, isOrdered: Bool, now: Int64) -> RTPEvidence {
        let step = Int64(Int32(bitPattern: packet.timestamp &- self.newest))
        let span = max(0, min(now &- self.arrival, 1_000_000_000))
        let elapsed = span * self.rate / 1_000_000
        let seconds = Double(max(0, step)) / Double(self.rate)
        return RTPEvidence(
            isOrdered: isOrdered,
            isNewer: step > 0 && step <= elapsed + self.rate,
            isContinuous: abs(step - elapsed) < self.rate / 2 || isOrdered && step >= 0 && step <= elapsed + self.rate,
            isBoundary: packet.timestamp != self.lastTimestamp && (self.lastMarker || !self.marksEnds),
            mostMissing: Int(4 * self.perSecond.value * seconds) + 2 * max(self.mostOfOne, self.count) + Self.allowance
        )
    }

    /// The packet was accepted as one of the source's.
    mutating func note(_ packet: RTPPacket, now: Int64) {
        let step = Int64(Int32(bitPattern: packet.timestamp &- self.newest))
        if packet.timestamp == self.lastTimestamp {
            self.count += 1
        } else {
            self.mostOfOne = max(self.count, self.mostOfOne - self.mostOfOne / 64)
            if step > 0, step < 10 * self.rate {
                let present = Double(self.count) * Double(self.rate) / Double(step)
                self.perSecond.value += (present - self.perSecond.value) / (self.perSecond.value == 0 ? 1 : 16)
            }
            self.count = 1
        }
        self.lastTimestamp = packet.timestamp
        self.lastMarker = packet.marker
        // Pictures are shown in another order than they come in; a clock that was set back is followed.
        guard step >= 0 || step < -10 * self.rate else { return }
        self.newest = packet.timestamp
        self.arrival = now
    }
}

/// Packets in a second; written down in thousandths.
private struct PacketRate: Sendable, Codable {
    var value = 0.0

    init() {}

    init(from decoder: any Decoder) throws {
        self.value = Double(try decoder.singleValueContainer().decode(UInt32.self)) / 1000
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(UInt32(min(max(self.value * 1000, 0), Double(UInt32.max))))
    }
}

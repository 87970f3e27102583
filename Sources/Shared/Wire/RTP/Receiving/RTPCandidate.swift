import NIOCore

/// A source that is not received, but may be the next one.
struct RTPCandidate: Sendable {
    let source: UInt32
    /// When its first packet came, µs.
    let since: Int64
    private(set) var packets: [RTPSequencer.Arrival] = []
    private var bytes = 0

    /// What is kept of it: half a second of 16 Mbit/s.
    private static let countLimit = 1024
    private static let byteLimit = 1 << 20

    init(source: UInt32, since: Int64) {
        self.source = source
        self.since = since
    }

    var count: Int { self.packets.count }

    /// Two in a row came: RFC 3550 appendix A.1 asks as much.
    var isConsistent: Bool {
        zip(self.packets, self.packets.dropFirst()).contains { $0.packet.sequence &+ 1 == $1.packet.sequence }
    }

    /// Keeps a packet; the oldest ones go where there are too many. Gives how many went.
    mutating func append(_ packet: RTPPacket, _ now: Int64) -> Int {
        self.packets.append(RTPSequencer.Arrival(packet: packet, time: now))
        self.bytes += packet.payload.readableBytes
        guard self.packets.count > Self.countLimit || self.bytes > Self.byteLimit else { return 0 }
        let gone = self.packets.count / 2
        self.packets.removeFirst(gone)
        self.bytes = self.packets.reduce(0) { $0 + $1.packet.payload.readableBytes }
        return gone
    }
}

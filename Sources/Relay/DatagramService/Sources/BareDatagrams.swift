import NIOCore

/// Datagrams of MPEG-TS without RTP, which have no numbers. One that the network delivers twice is known by its bytes, in which
/// counters are.
struct BareDatagrams: Sendable, Codable {
    private(set) var count: UInt64 = 0
    private(set) var duplicates: UInt64 = 0
    /// When the last one came, µs.
    private var last: Int64 = 0
    /// The last few.
    private var lately: [ByteBuffer] = []

    /// Datagrams that are compared with the next: the second of a pair comes soon.
    private static let remembered = 8

    /// Bytes of a datagram in which a packet's counter stands for certain: shorter ones may well be equal.
    private static let comparable = 188

    /// Counters do not come to so much.
    private static let most: UInt64 = 1 << 53

    /// Whether it can have come to this, for one that anybody may have written.
    var isPlausible: Bool {
        self.count < Self.most && self.duplicates < Self.most && self.lately.count <= Self.remembered
    }

    /// Takes the next one.
    ///
    /// - Returns: how long after the one before it came, µs; nil for one that came before.
    mutating func note(_ bytes: ByteBuffer, now: Int64) -> Int64? {
        if bytes.readableBytes >= Self.comparable, self.lately.contains(bytes), !TransportStreamForm.isStuffing(bytes) {
            self.duplicates += 1
            return nil
        }
        self.lately.append(bytes)
        if self.lately.count > Self.remembered { self.lately.removeFirst() }
        self.count += 1
        defer { self.last = now }
        return self.count > 1 ? now - self.last : 0
    }

    /// The time in which nobody read them is no silence of the sender's.
    mutating func endPause(now: Int64) {
        self.last = max(self.last, now)
    }
}

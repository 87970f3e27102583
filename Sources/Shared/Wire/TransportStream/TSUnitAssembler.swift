import NIOCore

/// Puts the packetised units (PES packets) of one PID together: ISO/IEC 13818-1 section 2.4.3.6.
struct TSUnitAssembler: Sendable, Codable {
    enum Event {
        case unit(TSUnit)
        /// Something is missing that no unit shows.
        case loss
    }

    private struct Open: Sendable, Codable {
        /// From the unit's start code on.
        var bytes: ByteBuffer
        /// Nil for one that ends where the next begins, as those of video may.
        var size: Int?
        var isRandomAccess: Bool
        var isDamaged = false
    }

    let limit: Int
    private var open: Open?
    private var continuity: UInt8?
    /// The last packet, to tell one that was repeated from one whose counter stands still.
    private var last: ByteBuffer?
    /// Whether the stuffing that fills a unit's last packet tells that it is the last. Multiplexers stuff nowhere else;
    /// of one that does, it is not believed again. A picture need not wait for the next one that way.
    private var believesStuffing = true
    private var endedByStuffing = false

    /// Units in a row whose times lack their marker bits.
    private var doubts = 0
    /// After so many it is how the multiplexer writes them.
    private static let usualDoubts = 3

    private(set) var lost: UInt64 = 0
    private(set) var gaps: UInt64 = 0
    private(set) var duplicates: UInt64 = 0
    private(set) var malformed: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether it can have come to this, for one that anybody may have written.
    func isPlausible(limit: Int) -> Bool {
        let sizes = 6...6 + Int(UInt16.max)
        return self.limit == limit && (0...Self.usualDoubts + 1).contains(self.doubts)
            && self.openBytes ?? 0 <= limit && self.open?.size.map(sizes.contains) ?? true
            && [self.lost, self.gaps, self.duplicates, self.malformed].allSatisfy { $0 < TSLimits.counted }
    }

    /// Bytes of the unit that has begun and not ended; nil where there is none.
    var openBytes: Int? { self.open?.bytes.readableBytes }

    /// Gives up the unit that has begun, because it may not be longer.
    mutating func abandon() -> [Event] {
        guard self.open.take() != nil else { return [] }
        self.malformed += 1
        return [.loss]
    }

    mutating func take(_ packet: TSPacket) -> [Event] {
        guard let payload = packet.payload else {
            // Without a payload the counter does not advance; where it may jump, it jumps to what the packet carries
            // (section 2.4.3.4).
            if packet.isDiscontinuous {
                self.continuity = packet.continuity
                self.last = nil
            }
            return []
        }
        var events: [Event] = []
        if let continuity = self.continuity, !packet.isDiscontinuous {
            if packet.continuity == continuity, payload == self.last {
                self.duplicates += 1
                return []
            }
            let missing = (packet.continuity &- continuity &- 1) & 15
            if missing > 0 { self.miss(UInt64(missing), &events) }
        }
        self.continuity = packet.continuity
        self.last = payload
        if packet.isUnitStart {
            self.end(&events)
            self.begin(payload, packet, &events)
        } else if self.open != nil {
            self.open?.bytes.writeImmutableBuffer(payload)
        } else if self.endedByStuffing {
            self.endedByStuffing = false
            self.believesStuffing = false
            events.append(.loss)
        }
        self.endIfWhole(packet, &events)
        return events
    }

    /// What has come of a unit whose end nothing told, because nothing more comes.
    mutating func flush() -> [Event] {
        var events: [Event] = []
        if let size = self.open?.size, let open = self.open, open.bytes.readableBytes < size {
            self.open?.isDamaged = true
        }
        self.end(&events)
        return events
    }

    /// Packets are missing before the next one, however many: the counter shows no more than 15.
    mutating func interrupt() -> [Event] {
        self.last = nil
        self.endedByStuffing = false
        guard self.open == nil else {
            self.open?.isDamaged = true
            return []
        }
        return self.continuity == nil ? [] : [.loss]
    }

    private mutating func miss(_ count: UInt64, _ events: inout [Event]) {
        self.lost += count
        self.gaps += 1
        self.endedByStuffing = false
        if self.open != nil { self.open?.isDamaged = true } else { events.append(.loss) }
    }

    private mutating func begin(_ payload: ByteBuffer, _ packet: TSPacket, _ events: inout [Event]) {
        guard let start = payload.getInteger(at: payload.readerIndex, as: UInt32.self), start >> 8 == 1,
            let length = payload.getInteger(at: payload.readerIndex + 4, as: UInt16.self)
        else {
            self.malformed += 1
            events.append(.loss)
            return
        }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(length > 0 ? min(6 + Int(length), self.limit) : 4096)
        bytes.writeImmutableBuffer(payload)
        self.open = Open(
            bytes: bytes,
            size: length > 0 ? 6 + Int(length) : nil,
            isRandomAccess: packet.isRandomAccess
        )
        self.endedByStuffing = false
    }

    private mutating func endIfWhole(_ packet: TSPacket, _ events: inout [Event]) {
        guard let open = self.open else { return }
        if open.bytes.readableBytes > self.limit {
            self.malformed += 1
            self.open = nil
            events.append(.loss)
        } else if let size = open.size {
            if open.bytes.readableBytes >= size { self.end(&events) }
        } else if packet.hasStuffing, self.believesStuffing {
            self.end(&events)
            self.endedByStuffing = true
        }
    }

    private mutating func end(_ events: inout [Event]) {
        guard let open = self.open.take() else { return }
        // A unit that ends before it has all it declared lost its end, whatever the counters say.
        let isShort = open.size.map { open.bytes.readableBytes < $0 } ?? false
        var bytes = open.bytes
        if let size = open.size { bytes = bytes.getSlice(at: bytes.readerIndex, length: size) ?? bytes }
        guard var unit = TSUnit(bytes) else {
            self.malformed += 1
            events.append(.loss)
            return
        }
        unit.isRandomAccess = open.isRandomAccess
        unit.isFull = open.size.map { $0 >= TSUnit.fullSize } ?? false
        if unit.pts != nil { self.doubts = unit.hasDoubtfulTimes ? self.doubts + 1 : 0 }
        if self.doubts > Self.usualDoubts {
            self.doubts = Self.usualDoubts + 1
            unit.hasDoubtfulTimes = false
        }
        unit.isDamaged = open.isDamaged || isShort
        events.append(.unit(unit))
    }
}

/// One packetised unit: section 2.4.3.7.
struct TSUnit {
    /// Ticks of 90 kHz in 33 bits, nil where it has none.
    private(set) var pts: Int64?
    /// As ``pts`` where it is not given.
    private(set) var dts: Int64?
    private(set) var payload: ByteBuffer
    /// The multiplexer says that a decoder can start here.
    var isRandomAccess = false
    /// Some of it is missing.
    var isDamaged = false
    /// Bits that always have one value have another: times among them may be none.
    var hasDoubtfulTimes = false
    /// It is about as long as its length can say, so that what it carries may go on in the next one.
    var isFull = false

    /// A unit whose length is given has 65535 bytes behind the length at most; multiplexers stop somewhere before.
    static let fullSize = 65_000

    /// Nil where the header does not add up. The two bits that it begins with are not looked at: some have it wrong.
    init?(_ bytes: ByteBuffer) {
        let start = bytes.readerIndex
        guard let flags = bytes.getInteger(at: start + 6, as: UInt16.self),
            let headerLength = bytes.getInteger(at: start + 8, as: UInt8.self),
            let payload = bytes.getSlice(
                at: start + 9 + Int(headerLength),
                length: max(bytes.readableBytes - 9 - Int(headerLength), 0)
            ),
            bytes.readableBytes >= 9 + Int(headerLength)
        else { return nil }
        self.payload = payload
        if flags & 0x80 != 0, headerLength >= 5 { self.pts = self.time(bytes, at: start + 9) }
        if flags & 0x40 != 0, headerLength >= 10 { self.dts = self.time(bytes, at: start + 14) }
        if self.dts == nil { self.dts = self.pts }
        if self.pts == nil { self.dts = nil }
    }

    /// 33 bits among marker bits, which may be wrong.
    private mutating func time(_ bytes: ByteBuffer, at index: Int) -> Int64? {
        guard let high = bytes.getInteger(at: index, as: UInt8.self),
            let middle = bytes.getInteger(at: index + 1, as: UInt16.self),
            let low = bytes.getInteger(at: index + 3, as: UInt16.self)
        else { return nil }
        if high & 1 == 0 || middle & 1 == 0 || low & 1 == 0 { self.hasDoubtfulTimes = true }
        return Int64(high >> 1 & 7) << 30 | Int64(middle >> 1) << 15 | Int64(low >> 1)
    }

    /// Takes the times away.
    mutating func forgetTimes() {
        self.pts = nil
        self.dts = nil
    }
}

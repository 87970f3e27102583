internal import Linux
internal import Tape

/// A range of a tape as datagrams, ready to be sent to any number of viewers.
@safe
final class DatagramPlan {
    /// Datagrams that follow each other on a channel and that the kernel can cut from one message: all but the last are
    /// of the same size.
    struct Run {
        var channel: Int
        /// Index of the first datagram.
        var first: Int
        var count: Int
        /// Payload bytes of the first.
        var size: Int
        var bytes: Int
        var isOpen: Bool
    }

    /// Datagrams looked at in one pass; what is beyond waits for the next.
    static let limit = 512
    /// Packets of MPEG-TS in a datagram: what fits an Ethernet frame.
    static let packets = 7
    static let packetSize = 188
    private static let rtpHeader = 12

    let batch: DatagramBatch
    private(set) var runs: [Run] = []
    /// The absolute offset behind each datagram.
    private(set) var ends: [UInt64] = []
    /// Payload bytes of each.
    private(set) var sizes: [Int] = []
    private(set) var from: UInt64 = 0
    /// Where it was asked to end.
    private var until: UInt64 = 0
    private var isFlush = false
    private var tape: ObjectIdentifier?
    private(set) var partsPerDatagram = 1
    /// RTP headers of the datagrams of a plan of MPEG-TS in RTP.
    private let headers: UnsafeMutablePointer<UInt8>

    init(obstacle: DatagramBatch.Obstacle?) {
        self.batch = DatagramBatch(parts: 2 * Self.limit, obstacle: obstacle)
        unsafe self.headers = .allocate(capacity: Self.limit * Self.rtpHeader)
        self.runs.reserveCapacity(64)
        self.ends.reserveCapacity(Self.limit)
        self.sizes.reserveCapacity(Self.limit)
    }

    deinit {
        unsafe self.headers.deallocate()
    }

    /// The plan is nobody's; memory it points into may go.
    func forget() {
        self.tape = nil
        self.runs.removeAll(keepingCapacity: true)
        self.ends.removeAll(keepingCapacity: true)
        self.sizes.removeAll(keepingCapacity: true)
        self.batch.removeParts()
    }

    /// Plans the range of interleaved frames; nothing to do if it is the one that was planned last.
    func readFrames(_ group: DatagramGroup, from: UInt64, until: UInt64) {
        guard self.begin(group, from, until, isFlush: false) else { return }
        self.partsPerDatagram = 1
        let window = group.window
        var offset = from
        while offset + 4 <= until, self.ends.count < Self.limit {
            let frame = unsafe window.bytes(from: offset)
            let size =
                unsafe Int(frame.load(fromByteOffset: 2, as: UInt8.self)) << 8
                | Int(frame.load(fromByteOffset: 3, as: UInt8.self))
            guard unsafe frame.load(as: UInt8.self) == UInt8(ascii: "$"), offset + 4 + UInt64(size) <= until else {
                return
            }
            let channel = unsafe Int(frame.load(fromByteOffset: 1, as: UInt8.self))
            offset += 4 + UInt64(size)
            unsafe self.batch.addPart(frame + 4, count: size)
            self.note(channel: channel, size: size, end: offset)
        }
    }

    /// Plans the range of packets of MPEG-TS. A datagram that is not full is left for later, unless `flush`.
    func readPackets(_ group: DatagramGroup, from: UInt64, until: UInt64, flush: Bool) {
        guard self.begin(group, from, until, isFlush: flush) else { return }
        self.partsPerDatagram = 1
        var offset = from
        while let size = Self.datagram(until - offset, flush: flush), self.ends.count < Self.limit {
            unsafe self.batch.addPart(group.window.bytes(from: offset), count: size)
            offset += UInt64(size)
            self.note(channel: 0, size: size, end: offset)
        }
    }

    /// As ``readPackets(_:from:until:flush:)``, with the RTP headers of one viewer.
    func readPackets(
        _ group: DatagramGroup,
        from: UInt64,
        until: UInt64,
        flush: Bool,
        source: UInt32,
        sequence: UInt16,
        timestamp: UInt32
    ) {
        self.forget()
        self.from = from
        self.partsPerDatagram = 2
        var offset = from
        while let size = Self.datagram(until - offset, flush: flush), self.ends.count < Self.limit {
            let header = unsafe self.headers + self.ends.count * Self.rtpHeader
            let words = (
                UInt32(0x8021) << 16 | UInt32(sequence &+ UInt16(truncatingIfNeeded: self.ends.count)), timestamp,
                source
            )
            for index in 0..<4 {
                let shift = UInt32(24 - 8 * index)
                unsafe header[index] = UInt8(truncatingIfNeeded: words.0 >> shift)
                unsafe header[index + 4] = UInt8(truncatingIfNeeded: words.1 >> shift)
                unsafe header[index + 8] = UInt8(truncatingIfNeeded: words.2 >> shift)
            }
            unsafe self.batch.addPart(header, count: Self.rtpHeader)
            unsafe self.batch.addPart(group.window.bytes(from: offset), count: size)
            offset += UInt64(size)
            self.note(channel: 0, size: size + Self.rtpHeader, end: offset)
        }
    }

    private static func datagram(_ left: UInt64, flush: Bool) -> Int? {
        let full = UInt64(Self.packets * Self.packetSize)
        if left >= full { return Int(full) }
        let whole = Int(left) / Self.packetSize * Self.packetSize
        return flush && whole > 0 ? whole : nil
    }

    private func begin(_ group: DatagramGroup, _ from: UInt64, _ until: UInt64, isFlush: Bool) -> Bool {
        let tape = ObjectIdentifier(group.tape)
        if self.tape == tape, self.from == from, self.until == until, self.isFlush == isFlush { return false }
        self.forget()
        (self.tape, self.from, self.until, self.isFlush) = (tape, from, until, isFlush)
        return true
    }

    private func note(channel: Int, size: Int, end: UInt64) {
        let index = self.ends.count
        self.ends.append(end)
        self.sizes.append(size)
        if let last = self.runs.indices.last, self.runs[last].isOpen, self.runs[last].channel == channel,
            size <= self.runs[last].size, self.runs[last].count < DatagramBatch.segmentLimit,
            self.runs[last].bytes + size <= DatagramBatch.byteLimit
        {
            self.runs[last].count += 1
            self.runs[last].bytes += size
            // Only the last one of a message may be shorter.
            self.runs[last].isOpen = size == self.runs[last].size
        } else {
            self.runs.append(Run(channel: channel, first: index, count: 1, size: size, bytes: size, isOpen: size > 0))
        }
    }
}

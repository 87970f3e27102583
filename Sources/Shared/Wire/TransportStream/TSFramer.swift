import NIOCore

/// Cuts bytes into packets, and finds the way back where they do not follow one another.
///
/// Besides packets of 188 bytes it knows those that carry four bytes before each (recordings) or sixteen behind
/// (error correction).
struct TSFramer: Sendable, Codable {
    private var held = ByteBuffer()
    /// From one packet to the next, bytes; nil while packets are looked for.
    private var stride: Int?
    /// Bytes behind the last packet that belong to none and are still to be passed over.
    private var gap = 0
    private(set) var syncLosses: UInt64 = 0
    private(set) var skippedBytes: UInt64 = 0
    private(set) var damagedPackets: UInt64 = 0

    private static let strides = [188, 192, 204]
    /// So many packets have to follow one another before the first of them is believed.
    private static let proof = 3

    /// Bytes that can be held while more are waited for: of as many packets as tell that there are some.
    private static let heldLimit = (Self.proof + 1) * 204

    /// Whether it can have come to this, for one that anybody may have written.
    var isPlausible: Bool {
        let longestGap = self.stride.map { $0 - TSPacket.size } ?? 0
        return self.stride.map(Self.strides.contains) ?? true && self.held.readableBytes <= Self.heldLimit
            && (0...longestGap).contains(self.gap)
            && [self.syncLosses, self.skippedBytes, self.damagedPackets].allSatisfy { $0 < TSLimits.counted }
    }

    mutating func receive(_ bytes: ByteBuffer) {
        guard self.held.readableBytes > 0 else {
            self.held = bytes
            return
        }
        self.held.discardReadBytes()
        self.held.writeImmutableBuffer(bytes)
    }

    /// Bytes are missing before the next ones: what has come of a packet is no beginning of what comes.
    mutating func interrupt() {
        // Where the last packet was whole the next one follows it, as in datagrams that hold whole packets.
        if self.held.readableBytes > 0 || self.gap > 0 { self.stride = nil }
        self.skippedBytes += UInt64(self.held.readableBytes)
        self.held = ByteBuffer()
        self.gap = 0
    }

    /// The next packet, or nil until more bytes arrive.
    mutating func next() -> ByteBuffer? {
        while true {
            guard let stride = self.stride else {
                guard self.search() else { return nil }
                continue
            }
            guard self.passGap(), self.held.readableBytes >= TSPacket.size else { return nil }
            if self.byte(at: 0) == TSPacket.sync {
                // A packet of which one datagram had the beginning and a lost one the end has another's bytes in it.
                guard !self.isSpliced(stride) else {
                    self.syncLosses += 1
                    self.stride = nil
                    self.skip(to: self.held.readerIndex + 1)
                    continue
                }
                // What stands between packets may not have come yet: the packet does not wait for it.
                self.gap = stride - TSPacket.size
                return self.held.readSlice(length: TSPacket.size)
            }
            // One flipped bit is no reason to look for everything anew.
            guard self.held.readableBytes > stride else { return nil }
            if self.byte(at: stride) == TSPacket.sync {
                self.damagedPackets += 1
                self.held.moveReaderIndex(forwardBy: stride)
            } else {
                self.syncLosses += 1
                self.stride = nil
            }
        }
    }

    /// Whether neither of the two packets behind the next one is where it should be, as far as bytes have come.
    private func isSpliced(_ stride: Int) -> Bool {
        guard let next = self.byte(at: stride), let second = self.byte(at: 2 * stride) else { return false }
        return next != TSPacket.sync && second != TSPacket.sync
    }

    /// Whether a packet is next.
    private mutating func passGap() -> Bool {
        let count = min(self.gap, self.held.readableBytes)
        self.held.moveReaderIndex(forwardBy: count)
        self.gap -= count
        return self.gap == 0
    }

    private func byte(at offset: Int) -> UInt8? {
        self.held.getInteger(at: self.held.readerIndex + offset, as: UInt8.self)
    }

    /// Looks for packets; false until there are bytes enough to tell.
    private mutating func search() -> Bool {
        while self.held.readableBytes > 0 {
            guard self.byte(at: 0) == TSPacket.sync else {
                self.skip(to: self.held.readableBytesView.firstIndex(of: TSPacket.sync) ?? self.held.writerIndex)
                continue
            }
            var isUndecided = false
            for stride in Self.strides {
                switch self.follows(stride) {
                case true?:
                    self.stride = stride
                    return true
                case nil: isUndecided = true
                case false?: break
                }
            }
            if isUndecided { return false }
            self.skip(to: self.held.readerIndex + 1)
        }
        return false
    }

    private mutating func skip(to index: Int) {
        self.skippedBytes += UInt64(index - self.held.readerIndex)
        self.held.moveReaderIndex(to: index)
    }

    /// Whether packets follow one another at this distance; nil where there are too few bytes to tell.
    private func follows(_ stride: Int) -> Bool? {
        for number in 1..<Self.proof {
            guard let byte = self.byte(at: number * stride) else { return nil }
            guard byte == TSPacket.sync else { return false }
        }
        return true
    }
}

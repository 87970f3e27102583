import NIOCore

/// One packet of a transport stream: ISO/IEC 13818-1 section 2.4.3.
struct TSPacket {
    static let size = 188
    static let sync: UInt8 = 0x47
    static let nullPID: UInt16 = 0x1FFF

    let pid: UInt16
    /// A section or a packetised unit begins in it.
    let isUnitStart: Bool
    /// `transport_error_indicator`.
    let isDamaged: Bool
    let isScrambled: Bool
    let continuity: UInt8
    /// The continuity counter, and on the clock's PID the clock, may jump here.
    private(set) var isDiscontinuous = false
    /// `program_clock_reference`, ticks of 27 MHz: 33 bits of 300 each. Nil where the packet carries none.
    private(set) var clockReference: Int64?
    /// `random_access_indicator`.
    private(set) var isRandomAccess = false
    /// The adaptation field is longer than what it says needs.
    private(set) var hasStuffing = false
    /// Nil where it has none.
    private(set) var payload: ByteBuffer?

    /// Nil where the header does not add up; the buffer's readable bytes are the packet.
    init?(_ bytes: ByteBuffer) {
        let start = bytes.readerIndex
        guard bytes.readableBytes == Self.size, let header = bytes.getInteger(at: start, as: UInt32.self),
            header >> 24 == UInt32(Self.sync)
        else { return nil }
        self.isDamaged = header & 0x80_0000 != 0
        self.isUnitStart = header & 0x40_0000 != 0
        self.pid = UInt16(truncatingIfNeeded: header >> 8 & 0x1FFF)
        self.isScrambled = header & 0xC0 != 0
        self.continuity = UInt8(truncatingIfNeeded: header & 0x0F)
        var payloadStart = start + 4
        if header & 0x20 != 0 {
            guard let length = bytes.getInteger(at: start + 4, as: UInt8.self) else { return nil }
            payloadStart = start + 5 + Int(length)
            guard payloadStart <= bytes.writerIndex else { return nil }
            self.readAdaptation(bytes, at: start + 5, length: Int(length))
        }
        guard header & 0x10 != 0 else { return }
        self.payload = bytes.getSlice(at: payloadStart, length: bytes.writerIndex - payloadStart)
    }

    /// Section 2.4.3.4.
    private mutating func readAdaptation(_ bytes: ByteBuffer, at start: Int, length: Int) {
        guard length > 0, let flags = bytes.getInteger(at: start, as: UInt8.self) else {
            // A length of zero is one byte of stuffing.
            self.hasStuffing = true
            return
        }
        self.isDiscontinuous = flags & 0x80 != 0
        self.isRandomAccess = flags & 0x40 != 0
        var needed = 1
        if flags & 0x10 != 0 {
            if length > needed + 5 { self.clockReference = Self.clockReference(bytes, at: start + needed) }
            needed += 6
        }
        if flags & 0x08 != 0 { needed += 6 }
        if flags & 0x04 != 0 { needed += 1 }
        for flag in [0x02, 0x01] as [UInt8] where flags & flag != 0 {
            guard let count = bytes.getInteger(at: start + needed, as: UInt8.self) else { return }
            needed += 1 + Int(count)
        }
        self.hasStuffing = length > needed
    }

    /// Section 2.4.3.5: 33 bits that count 300, six reserved ones, and nine that count one.
    private static func clockReference(_ bytes: ByteBuffer, at index: Int) -> Int64? {
        guard let high = bytes.getInteger(at: index, as: UInt32.self),
            let low = bytes.getInteger(at: index + 4, as: UInt16.self)
        else { return nil }
        let base = Int64(high) << 1 | Int64(low >> 15)
        return base * 300 + Int64(low & 0x1FF)
    }
}

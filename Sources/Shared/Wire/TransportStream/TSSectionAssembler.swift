import NIOCore

/// Puts the sections of one PID's tables together: ISO/IEC 13818-1 section 2.4.4.
struct TSSectionAssembler: Sendable, Codable {
    private var bytes = ByteBuffer()
    private var isOpen = false
    private var continuity: UInt8?
    private(set) var broken: UInt64 = 0

    /// `section_length` of these tables does not exceed 1021.
    private static let sizeLimit = 1024

    /// Whether it can have come to this, for one that anybody may have written.
    var isPlausible: Bool {
        self.bytes.readableBytes <= Self.sizeLimit + TSPacket.size && self.continuity ?? 0 < 16
            && self.broken < TSLimits.counted
    }

    /// The whole sections that end in the packet and whose check sum is right.
    mutating func take(_ packet: TSPacket) -> [ByteBuffer] {
        guard var payload = packet.payload else { return [] }
        if let continuity = self.continuity, !packet.isDiscontinuous {
            guard packet.continuity != continuity else { return [] }
            if packet.continuity != (continuity + 1) & 15 { self.abandon() }
        }
        self.continuity = packet.continuity
        var sections: [ByteBuffer] = []
        if packet.isUnitStart {
            guard let pointer = payload.readInteger(as: UInt8.self), let rest = payload.readSlice(length: Int(pointer))
            else {
                self.broken += 1
                self.isOpen = false
                return []
            }
            if self.isOpen {
                self.bytes.writeImmutableBuffer(rest)
                self.cut(&sections)
                self.abandon()
            }
            self.bytes = payload
            self.isOpen = true
        } else if self.isOpen {
            self.bytes.writeImmutableBuffer(payload)
        }
        self.cut(&sections)
        return sections
    }

    private mutating func abandon() {
        if self.isOpen, self.bytes.readableBytes > 0 { self.broken += 1 }
        self.isOpen = false
        self.bytes = ByteBuffer()
    }

    private mutating func cut(_ sections: inout [ByteBuffer]) {
        while self.isOpen, let table = self.bytes.getInteger(at: self.bytes.readerIndex, as: UInt8.self) {
            guard table != 0xFF else {
                // Nothing but stuffing follows.
                self.bytes.clear()
                self.isOpen = false
                return
            }
            guard let field = self.bytes.getInteger(at: self.bytes.readerIndex + 1, as: UInt16.self) else { return }
            let size = 3 + Int(field & 0xFFF)
            guard size <= Self.sizeLimit, size >= 12 else {
                self.abandon()
                return
            }
            guard let section = self.bytes.readSlice(length: size) else { return }
            if CRC32.ofSection(section) == 0 { sections.append(section) } else { self.broken += 1 }
        }
    }
}

/// The check sum of annex A of ISO/IEC 13818-1.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number) << 24) { value, _ in
            value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1
        }
    }

    /// Zero over a section with its check sum where that is right.
    static func ofSection(_ section: ByteBuffer) -> UInt32 {
        section.readableBytesView.reduce(0xFFFF_FFFF) { sum, byte in
            sum << 8 ^ Self.table[Int(sum >> 24 ^ UInt32(byte))]
        }
    }
}

import NIOCore

/// Writes transport streams whose framing and check sums are right, so that a fuzzer's bytes reach what is behind them.
struct TSBuilder {
    private(set) var bytes = ByteBuffer()
    private var counters: [UInt16: UInt8] = [:]

    static let mapPID: UInt16 = 0x100
    static let mediaPID: UInt16 = 0x101

    /// A section of a table with its length and its check sum (ISO/IEC 13818-1 section 2.4.4), in packets of its own.
    mutating func section(_ table: UInt8, _ body: ByteBuffer, pid: UInt16) {
        var section = ByteBuffer(integer: table)
        // With the check sum; 1021 is the most.
        let length = min(body.readableBytes, 1017) + 4
        section.writeInteger(0xB000 | UInt16(length))
        section.writeBytes(body.readableBytesView.prefix(1017))
        section.writeInteger(Self.checkSum(section))
        var payload = ByteBuffer(integer: UInt8(0))
        payload.writeImmutableBuffer(section)
        self.payload(payload, pid: pid, fill: 0xFF)
    }

    /// A program of one track.
    mutating func program(_ streamType: UInt8, descriptors: [UInt8] = []) {
        self.section(0, ByteBuffer(bytes: [0, 1, 0xC1, 0, 0, 0, 1, 0xE1, 0]), pid: 0)
        let map: [UInt8] = [0, 1, 0xC1, 0, 0, 0xE1, 1, 0xF0, 0, streamType, 0xE1, 1, 0xF0, UInt8(descriptors.count)]
        self.section(2, ByteBuffer(bytes: map + descriptors), pid: Self.mapPID)
    }

    /// An elementary packet with a presentation time.
    mutating func elementary(_ body: ByteBuffer, at time: UInt32, stream: UInt8) {
        var packet = ByteBuffer(bytes: [0, 0, 1, stream])
        packet.writeInteger(UInt16(clamping: body.readableBytes + 8))
        packet.writeBytes([0x80, 0x80, 5, 0x21 | UInt8(time >> 29 & 6)])
        packet.writeInteger(UInt16(truncatingIfNeeded: time >> 14) | 1)
        packet.writeInteger(UInt16(truncatingIfNeeded: time << 1) | 1)
        packet.writeImmutableBuffer(body)
        self.payload(packet, pid: Self.mediaPID, fill: nil)
    }

    /// A payload unit in packets of 188 bytes; what is left of the last is filled behind the payload, or before it.
    mutating func payload(_ payload: ByteBuffer, pid: UInt16, fill: UInt8?) {
        var payload = payload
        var isFirst = true
        while isFirst || payload.readableBytes > 0 {
            let counter = self.counters[pid] ?? 0
            self.counters[pid] = (counter + 1) & 15
            let count = min(payload.readableBytes, 184)
            let isShort = count < 184 && fill == nil
            self.bytes.writeInteger(UInt8(0x47))
            self.bytes.writeInteger((isFirst ? 0x4000 : 0) | pid & 0x1FFF)
            self.bytes.writeInteger((isShort ? 0x30 : 0x10) | counter)
            if isShort {
                let length = 183 - count
                self.bytes.writeInteger(UInt8(length))
                if length > 0 { self.bytes.writeInteger(UInt8(0)) }
                self.bytes.writeRepeatingByte(0xFF, count: max(0, length - 1))
            }
            self.bytes.writeImmutableBuffer(payload.readSlice(length: count) ?? ByteBuffer())
            if let fill, count < 184 { self.bytes.writeRepeatingByte(fill, count: 184 - count) }
            isFirst = false
        }
    }

    /// Annex A of ISO/IEC 13818-1.
    private static func checkSum(_ section: ByteBuffer) -> UInt32 {
        section.readableBytesView.reduce(0xFFFF_FFFF) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte) << 24) { value, _ in
                value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1
            }
        }
    }
}

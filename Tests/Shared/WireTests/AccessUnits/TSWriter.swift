import NIOCore

/// Writes transport streams of one video track whose packetised units a test makes as it likes.
struct TSWriter {
    private let streamType: UInt8
    private var counters: [UInt16: UInt8] = [:]
    private(set) var bytes = ByteBuffer()

    private static let pid: UInt16 = 256
    private static let mapPID: UInt16 = 4096

    init(streamType: UInt8) {
        self.streamType = streamType
        self.write(Self.section([0, 0xB0, 13, 0, 1, 0xC1, 0, 0, 0, 1, 0xF0, 0]), 0)
        self.write(
            Self.section([2, 0xB0, 18, 0, 1, 0xC1, 0, 0, 0xE1, 0, 0xF0, 0, streamType, 0xE1, 0, 0xF0, 0]),
            Self.mapPID
        )
    }

    private static func section(_ bytes: [UInt8]) -> [UInt8] {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
        }
        return [0] + bytes + (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * $0)) }
    }

    /// One packetised unit.
    ///
    /// - Parameters:
    ///   - payload: what it carries.
    ///   - times: presentation and decoding time, 90 kHz; nil for a unit without.
    ///   - hasLength: whether it says how long it is.
    ///   - markers: the bits that stand among the times.
    mutating func unit(
        _ payload: ByteBuffer,
        times: (pts: Int64, dts: Int64)?,
        hasLength: Bool = true,
        markers: Int64 = 1
    ) {
        var header: [UInt8] = [0x80, times == nil ? 0 : 0xC0, times == nil ? 0 : 10]
        if let times {
            header += Self.time(times.pts, 3, markers) + Self.time(times.dts, 1, markers)
        }
        let size = header.count + payload.readableBytes
        var bytes: [UInt8] = [0, 0, 1, 0xE0, UInt8(truncatingIfNeeded: size >> 8), UInt8(truncatingIfNeeded: size)]
        if !hasLength || size > 0xFFFF { bytes[4...5] = [0, 0] }
        self.write(bytes + header + Array(payload.readableBytesView), Self.pid)
    }

    private static func time(_ ticks: Int64, _ prefix: Int64, _ marker: Int64) -> [UInt8] {
        let word =
            prefix << 36 | (ticks >> 30 & 7) << 33 | marker << 32 | (ticks >> 15 & 0x7FFF) << 17
            | marker << 16 | (ticks & 0x7FFF) << 1 | marker
        return (0..<5).map { UInt8(truncatingIfNeeded: word >> Int64(32 - 8 * $0)) }
    }

    private mutating func write(_ payload: [UInt8], _ pid: UInt16) {
        var rest = payload[...]
        var isStart = true
        while !rest.isEmpty {
            let counter = self.counters[pid, default: 0]
            self.counters[pid] = (counter + 1) & 15
            self.bytes.writeInteger(0x47 as UInt8)
            self.bytes.writeInteger((isStart ? 0x4000 : 0) | pid)
            let stuffing = max(0, 184 - rest.count)
            self.bytes.writeInteger((stuffing > 0 ? 0x30 : 0x10) | counter)
            if stuffing > 0 {
                self.bytes.writeInteger(UInt8(stuffing - 1))
                if stuffing > 1 {
                    self.bytes.writeInteger(0 as UInt8)
                    self.bytes.writeRepeatingByte(0xFF, count: stuffing - 2)
                }
            }
            self.bytes.writeBytes(rest.prefix(184 - stuffing))
            rest = rest.dropFirst(184 - stuffing)
            isStart = false
        }
    }
}

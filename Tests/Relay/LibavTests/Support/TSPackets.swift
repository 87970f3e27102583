import NIOCore

/// What a test wants to know of a TS packet (ISO/IEC 13818-1 section 2.4.3).
struct TSPacket: Hashable {
    var pid: Int
    var startsUnit: Bool
    var counter: Int
    var hasPayload: Bool
    var isDiscontinuous = false
    var isRandomAccess = false
    /// Program clock reference base, 90 kHz.
    var clock: Int64?
    /// Of a PES header that starts here, 90 kHz.
    var pts: Int64?

    /// Nil unless the bytes are whole packets, each with its sync byte.
    static func all(in bytes: ByteBuffer) -> [TSPacket]? {
        guard bytes.readableBytes % 188 == 0 else { return nil }
        var rest = bytes
        var packets: [TSPacket] = []
        while let packet = rest.readSlice(length: 188) {
            guard let read = TSPacket(packet) else { return nil }
            packets.append(read)
        }
        return packets
    }

    private init?(_ packet: ByteBuffer) {
        let bytes = Array(packet.readableBytesView)
        guard bytes[0] == 0x47 else { return nil }
        self.pid = Int(bytes[1] & 0x1F) << 8 | Int(bytes[2])
        self.startsUnit = bytes[1] & 0x40 != 0
        self.counter = Int(bytes[3] & 0xF)
        self.hasPayload = bytes[3] & 0x10 != 0
        var payload = 4
        if bytes[3] & 0x20 != 0 {
            payload += 1 + Int(bytes[4])
            if bytes[4] > 0 {
                self.isDiscontinuous = bytes[5] & 0x80 != 0
                self.isRandomAccess = bytes[5] & 0x40 != 0
                if bytes[5] & 0x10 != 0 {
                    self.clock = bytes[6..<10].reduce(0) { $0 << 8 | Int64($1) } << 1 | Int64(bytes[10] >> 7)
                }
            }
        }
        guard self.startsUnit, self.hasPayload, payload + 14 <= 188,
            bytes[payload] == 0, bytes[payload + 1] == 0, bytes[payload + 2] == 1, bytes[payload + 7] & 0x80 != 0
        else { return }
        let stamp = bytes[(payload + 9)..<(payload + 14)].map(Int64.init)
        self.pts = (stamp[0] >> 1 & 7) << 30 | stamp[1] << 22 | (stamp[2] >> 1) << 15 | stamp[3] << 7 | stamp[4] >> 1
    }
}

extension Sequence<TSPacket> {
    /// Places at which a PID's counter does not follow the packet before, unless the packet is marked discontinuous.
    var continuityErrors: Int {
        var last: [Int: Int] = [:]
        var errors = 0
        for packet in self where packet.pid != 0x1FFF {
            if let before = last[packet.pid], !packet.isDiscontinuous, packet.hasPayload,
                packet.counter != (before + 1) % 16
            {
                errors += 1
            }
            last[packet.pid] = packet.counter
        }
        return errors
    }
}

/// Reads MPEG-TS (ITU-T H.222.0): no packet is missing or doubled, each belongs to what the tables name, and every packetised
/// unit is whole.
struct TransportStreamUnits: UnitBody {
    private static let packetSize = 188
    /// Not what streams are named by: the description of services, and padding.
    private static let others: Set<Int> = [0x11, 0x1FFF]

    private var unread: [UInt8] = []
    private var counters: [Int: UInt8] = [:]
    private var maps: Set<Int> = []
    private var tracks: [Int: AccessUnit.Track] = [:]
    /// The packetised unit of each track that is not known to be whole.
    private var open: [Int: [UInt8]] = [:]

    mutating func read(_ bytes: [UInt8]) throws -> [AccessUnit] {
        self.unread += bytes
        var at = 0
        var units: [AccessUnit] = []
        while self.unread.count - at >= Self.packetSize {
            units += try self.take(self.unread[at..<at + Self.packetSize])
            at += Self.packetSize
        }
        self.unread.removeFirst(at)
        return units
    }

    private mutating func take(_ packet: ArraySlice<UInt8>) throws(UnitError) -> [AccessUnit] {
        let head = Array(packet.prefix(6))
        let pid = head[1...2].number & 0x1FFF
        guard head[0] == 0x47, head[1] & 0x80 == 0, head[3] & 0xC0 == 0, head[3] & 0x30 != 0 else {
            throw UnitError("no packet begins with \(head)")
        }
        let hasPayload = head[3] & 0x10 != 0
        let hasField = head[3] & 0x20 != 0
        if let last = self.counters[pid], pid != 0x1FFF {
            let wanted = hasPayload ? (last + 1) & 15 : last
            guard head[3] & 15 == wanted else {
                throw UnitError("continuity of PID \(pid): \(head[3] & 15) instead of \(wanted)")
            }
            guard !hasField || head[4] == 0 || head[5] & 0x80 == 0 else {
                throw UnitError("PID \(pid) says that it is discontinuous")
            }
        }
        self.counters[pid] = head[3] & 15
        let field = hasField ? 1 + Int(head[4]) : 0
        guard field <= (hasPayload ? 183 : 184) else { throw UnitError("an adaptation field of \(field) bytes") }
        guard hasPayload else { return [] }
        let payload = packet.dropFirst(4 + field)
        let begins = head[1] & 0x40 != 0
        if pid == 0 || self.maps.contains(pid) { return try self.table(payload, pid, begins) }
        guard let track = self.tracks[pid] else {
            guard Self.others.contains(pid) else { throw UnitError("PID \(pid), which no table names") }
            return []
        }
        guard begins else {
            guard self.open[pid] != nil else { throw UnitError("PID \(pid) begins in the midst of a unit") }
            self.open[pid]?.append(contentsOf: payload)
            return []
        }
        let whole = self.open[pid]
        self.open[pid] = Array(payload)
        return try whole.map { bytes throws(UnitError) in try Self.units(bytes, track) } ?? []
    }

    /// Each table is one section in one packet.
    private mutating func table(
        _ payload: ArraySlice<UInt8>,
        _ pid: Int,
        _ begins: Bool
    ) throws(UnitError) -> [AccessUnit] {
        let bytes = Array(payload.dropFirst())
        let size = 3 + (bytes[1...2].number & 0xFFF)
        guard begins, payload.first == 0, size <= bytes.count, Self.checkSum(bytes.prefix(size)) == 0,
            bytes[size...].allSatisfy({ $0 == 255 })
        else { throw UnitError("a damaged table of PID \(pid)") }
        if pid == 0 {
            self.maps = [bytes[10...11].number & 0x1FFF]
            return []
        }
        var at = 12 + (bytes[10...11].number & 0xFFF)
        while at < size - 4 {
            let stream = bytes[at + 1...at + 2].number & 0x1FFF
            switch bytes[at] {
            case 0x1B: self.tracks[stream] = .picture
            case 0x0F: self.tracks[stream] = .sound
            default: throw UnitError("a stream of type \(bytes[at])")
            }
            at += 5 + (bytes[at + 3...at + 4].number & 0xFFF)
        }
        return []
    }

    /// CRC-32 of annex A: zero over a section with its own.
    private static func checkSum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte) << 24) { sum, _ in sum << 1 ^ (sum >> 31 == 1 ? 0x04C1_1DB7 : 0) }
        }
    }

    private static func units(_ bytes: [UInt8], _ track: AccessUnit.Track) throws(UnitError) -> [AccessUnit] {
        guard bytes.count >= 14, bytes.starts(with: [0, 0, 1]), bytes[7] & 0x80 != 0, bytes.count >= 9 + Int(bytes[8])
        else { throw UnitError("no packetised unit: \(bytes.prefix(14))") }
        let length = bytes[4...5].number
        guard length == 0 && track == .picture || length == bytes.count - 6 else {
            throw UnitError("a packetised unit of \(bytes.count) bytes says \(length)")
        }
        // Decoding time where there are both.
        let place = bytes[7] & 0x40 != 0 ? 14 : 9
        let high = (Int(bytes[place]) >> 1 & 7) << 30
        let middle = (bytes[place + 1...place + 2].number >> 1) << 15
        let low = bytes[place + 3...place + 4].number >> 1
        let time = Double(high | middle | low) / 90
        let payload = bytes[(9 + Int(bytes[8]))...]
        switch track {
        case .picture: return [AccessUnit.picture(try self.split(payload), time: time)]
        case .sound: return try self.frames(payload, time: time)
        }
    }

    /// NAL units between start codes (ITU-T H.264 annex B).
    private static func split(_ bytes: ArraySlice<UInt8>) throws(UnitError) -> [ArraySlice<UInt8>] {
        var starts: [Int] = []
        var zeros = 0
        for (index, byte) in zip(bytes.indices, bytes) {
            if byte == 1, zeros >= 2 { starts.append(index + 1) }
            zeros = byte == 0 ? zeros + 1 : 0
        }
        guard let first = starts.first, bytes[..<(first - 1)].allSatisfy({ $0 == 0 }) else {
            throw UnitError("a picture without a start code")
        }
        let ends = starts.dropFirst().map { $0 - 3 } + [bytes.endIndex]
        return zip(starts, ends).map { start, end in
            let unit = bytes[start..<end]
            return unit.prefix((unit.lastIndex { $0 != 0 } ?? start - 1) + 1 - start)
        }
    }

    /// Frames behind ADTS headers of seven bytes (ISO/IEC 13818-7 section 6.2).
    private static func frames(_ bytes: ArraySlice<UInt8>, time: Double) throws(UnitError) -> [AccessUnit] {
        var rest = bytes
        var units: [AccessUnit] = []
        while !rest.isEmpty {
            let head = Array(rest.prefix(7))
            guard head.count == 7, head[0] == 0xFF, head[1] & 0xF7 == 0xF1 else { throw UnitError("no ADTS: \(head)") }
            let size = head[3...5].number >> 5 & 0x1FFF
            guard size > 7, size <= rest.count else {
                throw UnitError("an ADTS frame of \(size) of \(rest.count) bytes")
            }
            let moment = time + Double(units.count) * 1024 / 48
            units.append(AccessUnit(track: .sound, bytes: Array(rest.prefix(size).dropFirst(7)), time: moment))
            rest = rest.dropFirst(size)
        }
        return units
    }
}

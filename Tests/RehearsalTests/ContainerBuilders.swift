import NIOCore
import Rehearsal

/// Latency stamps as they stand in a picture.
func stampBytes(_ value: UInt64) -> [UInt8] {
    let digits = String(value, radix: 16)
    return LatencyStamp.magic + Array((String(repeating: "0", count: 16 - digits.count) + digits).utf8)
}

/// Makes the packets of a transport stream, as far as a scanner looks at them.
struct TransportStreamBuilder {
    private(set) var bytes: [UInt8] = []
    private var counters: [Int: UInt8] = [:]

    mutating func drop(identifier: Int) {
        self.counters[identifier, default: 0] += 1
    }

    mutating func add(
        identifier: Int,
        stream: UInt8,
        dts: UInt64,
        isRandomAccess: Bool = false,
        stamp: UInt64? = nil,
        bytes: Int
    ) {
        func time(_ marker: UInt8, _ value: UInt64) -> [UInt8] {
            [
                marker << 4 | UInt8(value >> 29 & 14) | 1, UInt8(value >> 22 & 255), UInt8(value >> 14 & 254) | 1,
                UInt8(value >> 7 & 255), UInt8(value << 1 & 254) | 1,
            ]
        }
        var payload: [UInt8] = [0, 0, 1, stream, 0, 0, 0x80, 0xc0, 10] + time(3, dts + 1) + time(1, dts)
        // So far into the picture that a packet's end falls into the stamp.
        payload += [UInt8](repeating: 0x55, count: 140) + (stamp.map(stampBytes) ?? [])
        payload += [UInt8](repeating: 0xaa, count: bytes)
        var begins = true
        while !payload.isEmpty {
            let flags: [UInt8] = begins && isRandomAccess ? [0x40] : [0]
            let room = 184 - 1 - flags.count
            let part = payload.prefix(room)
            payload.removeFirst(part.count)
            let adaptation = flags + [UInt8](repeating: 0xff, count: room - part.count)
            let counter = self.counters[identifier, default: 0] & 15
            self.counters[identifier, default: 0] += 1
            self.bytes += [0x47, UInt8(identifier >> 8) | (begins ? 0x40 : 0), UInt8(identifier & 255), 0x30 | counter]
            self.bytes += [UInt8(adaptation.count)] + adaptation + part
            begins = false
        }
    }
}

/// Makes boxes of fragmented MP4, as far as a scanner looks at them.
enum MP4Builder {
    static func box(_ type: String, _ body: [UInt8]) -> [UInt8] {
        Self.number(UInt32(body.count + 8)) + Array(type.utf8) + body
    }

    static func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    static func movie(_ tracks: [(identifier: UInt32, rate: UInt32, kind: String)]) -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: 12)
        let boxes = tracks.flatMap { track in
            let header = Self.box("tkhd", zeros + Self.number(track.identifier) + zeros)
            let media = Self.box("mdhd", zeros + Self.number(track.rate) + zeros)
            let handler = Self.box("hdlr", zeros.dropLast(4) + Array(track.kind.utf8) + zeros)
            return Self.box("trak", header + Self.box("mdia", media + handler + Self.box("minf", zeros)))
        }
        return Self.box("moov", Self.box("mvhd", zeros) + boxes)
    }

    static func fragment(
        _ tracks: [(identifier: UInt32, time: UInt32, durations: [UInt32])],
        stamps: [UInt64]
    ) -> [UInt8] {
        let boxes = tracks.flatMap { track in
            // The first track says every duration, the second a default.
            let isExplicit = track.identifier == 1
            let header =
                isExplicit
                ? [0, 2, 0, 0] + Self.number(track.identifier)
                : [0, 2, 0, 8] + Self.number(track.identifier) + Self.number(track.durations[0])
            let count = Self.number(UInt32(track.durations.count))
            let run =
                isExplicit
                ? [0, 0, 3, 1] + count + Self.number(0) + track.durations.flatMap { Self.number($0) + Self.number(99) }
                : [0, 0, 2, 1] + count + Self.number(0) + track.durations.flatMap { _ in Self.number(99) }
            let time = [1, 0, 0, 0] + Self.number(0) + Self.number(track.time)
            return Self.box("traf", Self.box("tfhd", header) + Self.box("tfdt", time) + Self.box("trun", run))
        }
        let data = stamps.flatMap { [UInt8](repeating: 1, count: 50) + stampBytes($0) }
        return Self.box("moof", Self.box("mfhd", [0, 0, 0, 0, 0, 0, 0, 1]) + boxes) + Self.box("mdat", data)
    }
}

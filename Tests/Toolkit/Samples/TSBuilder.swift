/// Writes a transport stream packet by packet, with every field in reach.
package struct TSBuilder: Sendable {
    package struct Stream: Sendable {
        package var pid: UInt16
        package var type: UInt8
        /// Of the packetised units: 0xE0 and up for pictures, 0xC0 and up for sound.
        package var streamID: UInt8

        package init(pid: UInt16, type: UInt8, streamID: UInt8) {
            self.pid = pid
            self.type = type
            self.streamID = streamID
        }
    }

    package static let mapPID: UInt16 = 0x1000

    package let streams: [Stream]
    package let clockPID: UInt16
    /// The last continuity counter of each PID.
    package var counters: [UInt16: UInt8] = [:]
    private var bytes: [UInt8] = []

    package init(_ streams: [Stream], clockPID: UInt16) {
        self.streams = streams
        self.clockPID = clockPID
    }

    /// What was written since the last call.
    package mutating func take() -> [UInt8] {
        defer { self.bytes = [] }
        return self.bytes
    }

    /// Adds packets that were made elsewhere, after which counters stand as given.
    package mutating func append(_ packets: some Sequence<UInt8>, counters: [UInt16: UInt8]) {
        self.bytes += packets
        self.counters = counters
    }

    private static func bytes(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

    // MARK: Tables

    package struct Program: Sendable {
        package var number: UInt16
        package var mapPID: UInt16
        package var clockPID: UInt16
        package var streams: [Stream]

        package init(number: UInt16, mapPID: UInt16, clockPID: UInt16, streams: [Stream]) {
            self.number = number
            self.mapPID = mapPID
            self.clockPID = clockPID
            self.streams = streams
        }
    }

    /// The association table of one programme, and its map.
    package mutating func tables() {
        self.tables([Program(number: 1, mapPID: Self.mapPID, clockPID: self.clockPID, streams: self.streams)])
    }

    /// The association table of programmes, and their maps.
    package mutating func tables(_ programs: [Program]) {
        let list = programs.flatMap { Self.bytes($0.number) + Self.bytes(0xE000 | $0.mapPID) }
        self.section([0x00] + Self.bytes(0xB000 | UInt16(9 + list.count)) + [0x00, 0x01, 0xC1, 0, 0] + list, on: 0)
        for program in programs {
            let body = program.streams.flatMap { [$0.type] + Self.bytes(0xE000 | $0.pid) + [0xF0, 0] }
            self.section(
                [0x02] + Self.bytes(0xB000 | UInt16(13 + body.count)) + Self.bytes(program.number) + [0xC1, 0, 0]
                    + Self.bytes(0xE000 | program.clockPID) + [0xF0, 0] + body,
                on: program.mapPID
            )
        }
    }

    private mutating func section(_ section: [UInt8], on pid: UInt16) {
        let sum = Self.checkSum(section)
        let bytes = [0] + section + Self.bytes(UInt16(sum >> 16)) + Self.bytes(UInt16(sum & 0xFFFF))
        self.packet(pid, bytes + [UInt8](repeating: 0xFF, count: 184 - bytes.count), isStart: true)
    }

    private static func checkSum(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0xFFFF_FFFF as UInt32) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte) << 24) { value, _ in
                value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1
            }
        }
    }

    // MARK: Packets

    /// One packet; an adaptation field alone where there is no payload. `clock` is a PCR, ticks of 90 kHz.
    package mutating func packet(
        _ pid: UInt16,
        _ payload: [UInt8]?,
        isStart: Bool = false,
        isDiscontinuous: Bool = false,
        isRandomAccess: Bool = false,
        clock: Int64? = nil
    ) {
        var counter = self.counters[pid] ?? 15
        if payload != nil { counter = (counter + 1) & 15 }
        self.counters[pid] = counter
        let flags: UInt8 = (isDiscontinuous ? 0x80 : 0) | (isRandomAccess ? 0x40 : 0) | (clock == nil ? 0 : 0x10)
        let size = payload?.count ?? 0
        var field: [UInt8] = size < 183 || flags != 0 ? [flags] : []
        if let clock {
            field += Self.bytes(UInt16(clock >> 17 & 0xFFFF)) + Self.bytes(UInt16(clock >> 1 & 0xFFFF))
            field += Self.bytes(UInt16(clock & 1) << 15 | 0x7E00)
        }
        field += [UInt8](repeating: 0xFF, count: max(0, 183 - size - field.count))
        let hasField = flags != 0 || size < 184
        self.bytes += [0x47] + Self.bytes((isStart ? 0x4000 : 0) | pid)
        self.bytes += [(hasField ? 0x20 : 0) | (payload == nil ? 0 : 0x10) | counter]
        if hasField { self.bytes += [UInt8(field.count)] + field }
        self.bytes += payload ?? []
    }

    /// One packetised unit; times are ticks of 90 kHz.
    package mutating func unit(
        _ pid: UInt16,
        _ payload: [UInt8],
        pts: Int64?,
        dts: Int64? = nil,
        isDiscontinuous: Bool = false,
        isRandomAccess: Bool = false,
        clock: Int64? = nil,
        isSized: Bool = false
    ) {
        let times =
            (pts.map { Self.time($0, mark: dts == nil ? 2 : 3) } ?? []) + (dts.map { Self.time($0, mark: 1) } ?? [])
        var unit: [UInt8] = [0, 0, 1, self.streams.first { $0.pid == pid }?.streamID ?? 0xE0]
        unit += Self.bytes(isSized ? UInt16(3 + times.count + payload.count) : 0)
        unit += [0x80, pts == nil ? 0 : dts == nil ? 0x80 : 0xC0, UInt8(times.count)] + times + payload
        var rest = unit[...]
        var isFirst = true
        while !rest.isEmpty {
            var room = 184
            if isFirst, isDiscontinuous || isRandomAccess || clock != nil { room -= clock == nil ? 2 : 8 }
            self.packet(
                pid,
                Array(rest.prefix(room)),
                isStart: isFirst,
                isDiscontinuous: isFirst && isDiscontinuous,
                isRandomAccess: isFirst && isRandomAccess,
                clock: isFirst ? clock : nil
            )
            rest = rest.dropFirst(room)
            isFirst = false
        }
    }

    private static func time(_ ticks: Int64, mark: UInt8) -> [UInt8] {
        [
            mark << 4 | UInt8(ticks >> 30 & 7) << 1 | 1, UInt8(ticks >> 22 & 0xFF), UInt8(ticks >> 15 & 0x7F) << 1 | 1,
            UInt8(ticks >> 7 & 0xFF), UInt8(ticks & 0x7F) << 1 | 1,
        ]
    }
}

/// H.264 access units as byte streams: small, and right as far as a demuxer looks.
package enum TSPictures {
    /// Parameter sets of a small picture, of the constrained baseline profile.
    private static let sets: [UInt8] = [
        0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x0D, 0xD9, 0x01, 0x41, 0x9F, 0x9E, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
        0x00,
        0x03, 0x03, 0x28, 0xF1, 0x42, 0xA4, 0x80, 0, 0, 0, 1, 0x68, 0xCB, 0x83, 0xCB, 0x20,
    ]

    /// A keyframe with its parameter sets, or a picture that refers to the one before; a number tells them apart.
    package static func picture(_ number: Int, isKeyframe: Bool, size: Int = 300) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0, 1, 0x09, 0xF0]
        if isKeyframe { bytes += Self.sets }
        bytes += [0, 0, 0, 1, isKeyframe ? 0x65 : 0x41, isKeyframe ? 0x88 : 0x9A]
        bytes += [UInt8(truncatingIfNeeded: number >> 7) | 0x80, UInt8(truncatingIfNeeded: number) | 0x80]
        return bytes + [UInt8](repeating: 0x55, count: size)
    }
}

/// Tables of a transport stream (ISO/IEC 13818-1 section 2.4.4), a packet each or two, with a right check sum.
enum TSTable {
    /// Names the PIDs of maps by the number of the programme.
    static func list(_ programs: [UInt16: UInt16], counter: UInt8 = 0) -> [UInt8] {
        let body = programs.flatMap { Self.two($0.key) + Self.two($0.value | 0xE000) }
        return Self.packets(pid: 0, section: Self.section(table: 0, number: 1, body), counter)
    }

    /// On PID 0x100; its clock is on the first track.
    static func map(
        program: UInt16,
        _ tracks: [(type: UInt8, pid: UInt16, descriptors: [UInt8])],
        counter: UInt8 = 0
    ) -> [UInt8] {
        let body = tracks.flatMap { track in
            [track.type] + Self.two(track.pid | 0xE000) + Self.two(0xF000 | UInt16(track.descriptors.count))
                + track.descriptors
        }
        let head = Self.two((tracks.first?.pid ?? 0x1FFF) | 0xE000) + [0xF0, 0]
        return Self.packets(pid: 0x100, section: Self.section(table: 2, number: program, head + body), counter)
    }

    private static func two(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

    private static func section(table: UInt8, number: UInt16, _ body: [UInt8]) -> [UInt8] {
        let length = UInt16(body.count + 9)
        let bytes = [table] + Self.two(0xB000 | length) + Self.two(number) + [0xC1, 0, 0] + body
        // Annex A.
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 == 0 ? sum << 1 : sum << 1 ^ 0x04C1_1DB7 }
        }
        return bytes + Self.two(UInt16(sum >> 16)) + Self.two(UInt16(sum & 0xFFFF))
    }

    private static func packets(pid: UInt16, section: [UInt8], _ first: UInt8) -> [UInt8] {
        var rest = ([0] + section)[...]
        var bytes: [UInt8] = []
        var counter = first
        while !rest.isEmpty {
            let part = rest.prefix(184)
            rest = rest.dropFirst(184)
            bytes += [0x47] + Self.two(pid | (bytes.isEmpty ? 0x4000 : 0)) + [0x10 | counter & 15] + part
            bytes += Array(repeating: 0xFF, count: 184 - part.count)
            counter += 1
        }
        return bytes
    }
}

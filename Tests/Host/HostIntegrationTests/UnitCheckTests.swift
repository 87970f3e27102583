import Testing

/// What the oracle's viewers would complain of.
@Suite struct UnitCheckTests {
    /// Pictures that differ by a byte, 40 ms apart.
    private static let units = (0..<10).map { number in
        AccessUnit(track: .picture, bytes: [0, 0, 0, 3, 0x41, 0x9A, UInt8(number)], time: Double(40 * number))
    }

    /// A viewer's clock is another.
    private static func check(_ units: [AccessUnit]) throws {
        let sent = SentUnits()
        for unit in Self.units { sent.append(unit) }
        var check = UnitCheck(sent)
        for var unit in units {
            unit.time += 7000
            try check.take(unit)
        }
    }

    @Test func allFromTheFirstOnAreRight() throws {
        try Self.check(Array(Self.units[3...]))
    }

    @Test func whatIsDoubledLackingSwappedAlteredLateOrUnsentIsSeen() {
        let units = Self.units
        var (altered, late) = (units[2], units[2])
        altered.bytes[6] ^= 0x40
        late.time += 40
        let wrong = [
            [units[1], units[1]], [units[1], units[3]], [units[1], units[3], units[2]], [units[1], altered], [altered],
            [units[1], late], [units[9], altered],
        ]
        for units in wrong { #expect(throws: UnitError.self) { try Self.check(units) } }
    }

    @Test func aDoubledPacketOfMPEGTSIsSeen() throws {
        let packet = [0x47, 0x1F, 0xFE, 0x10] + [UInt8](repeating: 0, count: 184)
        var units = TransportStreamUnits()
        #expect(throws: UnitError.self) { _ = try units.read(packet) }
        var others = TransportStreamUnits()
        // The description of services, which no table names.
        let described = [0x47, 0x40, 0x11, 0x10] + [UInt8](repeating: 0xFF, count: 184)
        _ = try others.read(described)
        #expect(throws: UnitError.self) { _ = try others.read(described) }
    }
}

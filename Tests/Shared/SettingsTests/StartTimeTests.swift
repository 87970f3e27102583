import Contract
import Settings
import Testing

@Suite struct StartTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-12-05T14:00:00+09:00", 1_796_446_800),
        ("2026-12-05 05:00:00Z", 1_796_446_800), ("2026-12-05T05:00Z", 1_796_446_800),
        ("2026-12-04T23:30:00-05:30", 1_796_446_800), ("2028-02-29T12:00:00Z", 1_835_438_400),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func times(_ text: String, unix: Int64) throws {
        #expect(try StartTime(text).unix == unix)
    }

    @Test(arguments: [
        "", "tomorrow", "14:00", "2026-12-05", "2026-12-05T14:00:00", "2026-12-05T24:00:00Z", "2026-12-05T14:60:00Z",
        "2026-02-29T14:00:00Z", "2026-13-05T14:00:00Z", "2026-00-05T14:00:00Z", "2026-12-32T14:00:00Z",
        "1969-12-31T23:59:59Z", "2026-12-05T14:00:00+9", "2026-12-05T14:00:00+0900", "2026-12-05T14:00:00.5Z",
        "２026-12-05T14:00:00Z", "2026-12-05T14:00:00+24:00", "2026-12-05T14:00:00*09:00", "-026-12-05T14:00:00Z",
        "2026-12-05T14:00:00Zx", "2026-12-05X14:00:00Z", "2026-12-05T14:00:99Z", "2026-12-05T14:00:",
    ])
    func noTimes(_ text: String) {
        #expect(throws: StartTimeError.self) { try StartTime(text) }
    }

    @Test func aMistakeIsToldWithItsPlace() throws {
        #expect(throws: ConfigurationError.self) {
            try ConfigurationDecoderTests.decode("relays: { live: { starts: 14:00 } }")
        }
    }

    /// Another time is in force at once: it needs no fresh instance.
    @Test func itTravelsWithTheRelay() throws {
        let decoded = try ConfigurationDecoderTests.decode("relays: { live: { starts: 2026-12-05T14:00:00+09:00 } }")
        #expect(decoded.relays.first?.starts == StartTime(unix: 1_796_446_800))
    }
}

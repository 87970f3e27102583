import Capacity
import Settings
import Testing

@Suite struct ValueTextTests {
    @Test(arguments: [
        ("0", 0), ("10ms", 10_000), ("1.5s", 1_500_000), ("2 s", 2_000_000), ("1m", 60_000_000), ("1h", 3_600_000_000),
        ("7us", 7), ("7µs", 7), ("0.000001s", 1),
    ])
    func durations(_ text: String, microseconds: Int64) throws {
        #expect(try DurationText.parse(text) == .microseconds(microseconds))
    }

    @Test(arguments: [
        "", "s", "1", "1.s", ".5s", "1x", "1 m s", "1e3s", "１s", "--1s", "1.0000001s", "9999999999999999s",
    ])
    func noDurations(_ text: String) {
        #expect(throws: ValueError.self) { try DurationText.parse(text) }
    }

    @Test(arguments: [
        ("0", 0), ("65536", 65536), ("256MiB", 256 << 20), ("1.5KiB", 1536), ("10MB", 10_000_000), ("1 gib", 1 << 30),
        ("3B", 3),
    ])
    func sizes(_ text: String, bytes: Int) throws {
        #expect(try SizeText.parse(text) == bytes)
    }

    @Test(arguments: ["", "MiB", "-1", "1.5", "10M", "1XB", "999999999999999TiB", "0x10"])
    func noSizes(_ text: String) {
        #expect(throws: ValueError.self) { try SizeText.parse(text) }
    }

    @Test(arguments: [0, 1, 999, 1000, 10_000, 1_500_000, 2_000_000, 90_000_000, 60_000_000, 7_200_000_000] as [Int64])
    func writtenDurationsReadTheSame(_ microseconds: Int64) throws {
        let duration = Duration.microseconds(microseconds)
        #expect(try DurationText.parse(DurationText.text(duration)) == duration)
    }

    @Test(arguments: [0, 1, 1000, 1024, 100_000, 256 << 20, 3 << 30])
    func writtenSizesReadTheSame(_ bytes: Int) throws {
        #expect(try SizeText.parse(SizeText.text(bytes)) == bytes)
    }

    @Test(arguments: [
        ("4Mbit/s", 4_000_000), ("2.5 mbit/s", 2_500_000), ("800kbit/s", 800_000), ("6M", 6_000_000), ("500k", 500_000),
        ("64000bit/s", 64_000), ("1Gbit/s", 1_000_000_000),
    ])
    func bitrates(_ text: String, _ bits: Int) throws {
        #expect(try BitrateText.parse(text) == bits)
    }

    @Test(arguments: ["", "fast", "4", "4MB", "4 Mbit", "-1Mbit/s", "999999999999999Gbit/s"])
    func noBitrates(_ text: String) {
        #expect(throws: ValueError.self) { try BitrateText.parse(text) }
    }
}

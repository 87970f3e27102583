package import Capacity

extension BitrateText {
    private static let units: [(name: String, bits: Int128)] = [
        ("gbit/s", 1_000_000_000), ("mbit/s", 1_000_000), ("kbit/s", 1000), ("bit/s", 1), ("m", 1_000_000), ("k", 1000),
    ]

    /// Bitrates as people write them: `4Mbit/s`, `800 kbit/s`, and `800k` as encoders have it.
    package static func parse(_ text: String) throws(ValueError) -> Int {
        guard let number = DecimalText(text) else {
            throw ValueError("'\(text)' is not a bitrate; write \(ValueForm.bitrate.example).")
        }
        guard !number.unit.isEmpty else {
            throw ValueError("'\(text)' has no unit; write \(text)Mbit/s or \(text)kbit/s.")
        }
        guard let unit = self.units.first(where: { $0.name == number.unit.lowercased() }) else {
            throw ValueError("'\(number.unit)' is not a unit of bitrate; use Mbit/s or kbit/s.")
        }
        guard let bits = Int(exactly: number.millionths * unit.bits / 1_000_000) else {
            throw ValueError("'\(text)' is too high a bitrate.")
        }
        return bits
    }
}

/// Durations as people write them: `10ms`, `1.5s`, `1m`.
package enum DurationText {
    private static let units: [(name: String, microseconds: Int128)] = [
        ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1),
    ]

    package static func parse(_ text: String) throws(ValueError) -> Duration {
        guard let number = DecimalText(text) else {
            throw ValueError("'\(text)' is not a duration; write \(ValueForm.duration.example).")
        }
        if number.unit.isEmpty {
            if number.millionths == 0 { return .zero }
            throw ValueError("'\(text)' has no unit; write \(text)ms, \(text)s or \(text)m.")
        }
        guard let unit = self.units.first(where: { $0.name == number.unit || $0.name == "us" && number.unit == "µs" })
        else { throw ValueError("'\(number.unit)' is not a unit of time; use ms, s, m, h or d.") }
        let microseconds = number.millionths * unit.microseconds / 1_000_000
        guard let fitting = Int64(exactly: microseconds) else { throw ValueError("'\(text)' is too long a time.") }
        return .microseconds(fitting)
    }

    /// In the largest unit that needs no decimals.
    package static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let microseconds = Int128(seconds) * 1_000_000 + Int128(attoseconds / 1_000_000_000_000)
        if microseconds == 0 { return "0" }
        let unit = self.units.first { microseconds % $0.microseconds == 0 } ?? ("us", 1)
        return "\(microseconds / unit.microseconds)\(unit.name)"
    }
}

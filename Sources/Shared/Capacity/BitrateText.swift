/// Bitrates in words.
package enum BitrateText {
    /// In the largest unit that needs one decimal at most: `4Mbit/s`, `2.5Mbit/s`, `800kbit/s`.
    package static func text(_ bits: Int) -> String {
        for (name, unit) in [("Gbit/s", 1_000_000_000), ("Mbit/s", 1_000_000), ("kbit/s", 1000)]
        where bits >= unit && bits % (unit / 10) == 0 {
            let tenths = bits / (unit / 10) % 10
            return tenths == 0 ? "\(bits / unit)\(name)" : "\(bits / unit).\(tenths)\(name)"
        }
        return "\(bits)bit/s"
    }
}

/// Sizes as people write them: `256MiB`, `10MB`, `65536`.
package enum SizeText {
    private static let units: [(name: String, bytes: Int128)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1),
    ]

    package static func parse(_ text: String) throws(ValueError) -> Int {
        guard let number = DecimalText(text) else {
            throw ValueError("'\(text)' is not a size; write \(ValueForm.size.example).")
        }
        let name = number.unit.isEmpty ? "B" : number.unit
        guard let unit = self.units.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            throw ValueError("'\(name)' is not a unit of size; use KiB, MiB or GiB (or kB, MB, GB).")
        }
        let bytes = number.millionths * unit.bytes
        guard bytes % 1_000_000 == 0, let fitting = Int(exactly: bytes / 1_000_000) else {
            throw ValueError("'\(text)' is not a whole number of bytes.")
        }
        return fitting
    }

    /// In the largest unit that needs no decimals.
    package static func text(_ bytes: Int) -> String {
        let unit = self.units.first { Int128(bytes) % $0.bytes == 0 } ?? ("B", 1)
        return bytes == 0 ? "0" : "\(Int128(bytes) / unit.bytes)\(unit.name)"
    }
}

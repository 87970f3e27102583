/// A decimal number and the unit behind it: `1.5s`, `256 MiB`.
struct DecimalText {
    /// The number in millionths, exact.
    let millionths: Int128
    let unit: String

    /// Nil where the text does not begin with a number of at most 15 digits and 6 decimals.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        var rest = text[digits.endIndex...]
        guard (1...15).contains(digits.count), let whole = Int128(digits) else { return nil }
        var fraction: Int128 = 0
        if rest.first == "." {
            let decimals = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard (1...6).contains(decimals.count),
                let parsed = Int128(decimals + String(repeating: "0", count: 6 - decimals.count))
            else { return nil }
            fraction = parsed
            rest = rest[decimals.endIndex...]
        }
        self.millionths = whole * 1_000_000 + fraction
        self.unit = String(rest.drop { $0 == " " })
    }
}
